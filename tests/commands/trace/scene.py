"""A relay on a real broker with an order in each place, and two other relays that have none."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field

from service.core.decision import RetryPolicy
from service.core.message import Publication
from service.core.outcome import Lost
from service.core.topology import build_topology
from service.edges.admin.whereabouts import Whereabouts
from service.edges.amqp.broker import Broker
from service.flow.events import Event
from service.flow.events.ends import Answered
from service.flow.events.labels import Waiting
from service.flow.events.order import DeliveryArrived, RetryPlanned
from service.flow.ports import Published, Publisher
from service.flow.relay import Relay
from tests.commands.parked.scene import park, unknown
from tests.edges.admin.asking import serving
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import STOP_SECONDS, Edge, Options, running
from tests.edges.amqp.eventlog import SignalledLog
from tests.flow.fakes import FakeApi
from tests.world.broker.vhost import VirtualHost
from tests.world.producer import GOOD

DELAYS = (60, 600)
TOPOLOGY = build_topology("orders", DELAYS)
LOST = Lost("read timed out")
RELAYS = 3
CONCURRENCY = 16
"""Of the edge."""


@dataclass
class Hesitant:
    """A publisher that has no confirm for one id until it is let go."""

    publisher: Publisher
    message_id: str
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def publish(self, publication: Publication) -> Published:
        """Publish, when it may."""
        if publication.message.message_id == self.message_id:
            self.reached.set()
            await self.go.wait()
        return await self.publisher.publish(publication)


class Scene:
    """One whole relay, and what holds its orders where they are."""

    def __init__(self, vhost: VirtualHost, edge: Edge) -> None:
        self.vhost = vhost
        self.edge = edge
        self.log = SignalledLog()
        self.api = FakeApi(self.log)
        self.publisher = Hesitant(edge.publisher, "o-publishing")
        self.whereabouts = Whereabouts()
        self.draws: list[float] = []
        self.relay = Relay(
            api=self.api,
            publisher=self.publisher,
            gate=edge.gate,
            clock=edge.clock,
            emit=self._emit,
            policy=edge.options.policy,
            random=lambda: self.draws.pop(0) if self.draws else 0.99,
        )
        self.whereabouts.watch(self.relay.held.stands)
        edge.receive = self.relay.receive

    async def fill(self) -> None:
        """An order in each place."""
        until = self.edge.events.until
        await park(self.vhost, [unknown("o-parked")])
        await self._send("o-done")
        await until(Answered, request_id="o-done")
        await self._send("o-unrouted", "gone.a")
        await until(Answered, request_id="o-unrouted")
        # Its first wait is none at all, and its second one too long for the process.
        self.draws.extend((0.0, 0.99))
        self.api.answer("o-tier", LOST, LOST)
        await self._send("o-tier")
        await until(RetryPlanned, request_id="o-tier", where=Waiting.QUEUE)
        self.api.answer("o-waiting", LOST)
        await self._send("o-waiting")
        await until(RetryPlanned, request_id="o-waiting")
        await self._send("o-publishing")
        await asyncio.wait_for(self.publisher.reached.wait(), STOP_SECONDS)
        self.api.pause()
        await self._send("o-api")
        await self.log.until("submit o-api")
        # Two wait here for the one at the API, and the others elsewhere.
        for _ in range(4):
            await self._send("o-api")
        await until(RetryPlanned, request_id="o-api", number=2)
        for number in range(CONCURRENCY):
            await self._send(f"o-more-{number}")
        await self._send("o-line")
        await until(DeliveryArrived, request_id="o-line")

    async def end(self) -> None:
        """Let all of it end."""
        self.edge.gate.drain()
        self.publisher.go.set()
        self.api.resume()
        await self.relay.finish(STOP_SECONDS)

    async def _send(self, message_id: str, reply_to: str = "shop.a") -> None:
        body, more = json.dumps(GOOD).encode(), {"message_id": message_id, "reply_to": reply_to}
        await self.vhost.publish(body, exchange="orders", routing_key="order.request", **more)

    def _emit(self, event: Event) -> None:
        self.whereabouts.record(event)
        self.edge.events(event)


@asynccontextmanager
async def everywhere(vhost: VirtualHost) -> AsyncIterator[list[str]]:
    """An order in each place; the addresses of three relays, of which the first has them."""
    await declared(vhost.url, TOPOLOGY)
    await vhost.declare("shop.replies")
    async with vhost.channel() as channel:
        await (await channel.get_queue("shop.replies")).bind("orders.replies", "shop.#")
    options = Options(topology=TOPOLOGY, prefetch=32, policy=RetryPolicy(delays_seconds=DELAYS))
    async with running(Broker([vhost.url], bounded=True), options) as edge:
        scene = Scene(vhost, edge)
        await edge.until_consuming()
        try:
            await scene.fill()
            with ExitStack() as stack:
                admins = [stack.enter_context(serving(whereabouts=scene.whereabouts))]
                admins += [stack.enter_context(serving()) for _ in range(RELAYS - 1)]
                yield [f"http://127.0.0.1:{admin.port}" for admin in admins]
        finally:
            await scene.end()
