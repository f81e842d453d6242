"""Phases under load: each does something to the nodes, one after the other, and looks."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from aiormq.abc import DeliveredMessage
from pamqp.common import FieldTable

from service.core.decision import RetryPolicy
from service.core.topology import build_topology
from tests.edges.amqp.crash import declared
from tests.trials.chaos.amqp import AMQP_FAILURES, broker_connection
from tests.trials.cluster.results import Result, judge
from tests.world.broker.cluster import ClusterHost, RabbitCluster
from tests.world.broker.trying import patiently
from tests.world.load import Order, Producer, RelayProcess, new_orders, until
from tests.world.load.processes import KEY
from tests.world.standin import Options, StandIn

ORDERS_MEANWHILE = 20
SERVED_SECONDS = 120.0
ENDLESS = 1_000_000
PACE_SECONDS = 0.05
TRY_SECONDS = 20.0
COLLECTED = "collected"

Say = Callable[[str], None]


class SteadyProducer:
    """Publishes one order after the other, each until it is confirmed by some node."""

    def __init__(self, urls: Sequence[str], orders: Iterator[Order]) -> None:
        self._urls = cycle(urls)
        self._orders = orders
        self._waiting: Order | None = None
        self.confirmed: list[str] = []

    async def run(self, stop: asyncio.Event) -> None:
        """Returns once `stop` is set and the order under way is confirmed."""
        while not stop.is_set() or self._waiting:
            with suppress(*AMQP_FAILURES):
                async with Producer.connect(next(self._urls)) as producer:
                    await self._publish(producer, stop)

    async def _publish(self, producer: Producer, stop: asyncio.Event) -> None:
        while not stop.is_set() or self._waiting:
            self._waiting = self._waiting or next(self._orders)
            await asyncio.wait_for(producer.publish(self._waiting), TRY_SECONDS)
            self.confirmed.append(self._waiting.request_id)
            self._waiting = None
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), PACE_SECONDS)


async def keep_replies(url: str) -> None:
    """Makes a queue that every node has a copy of, and that gets every reply."""
    async with broker_connection(url) as connection:
        channel = await connection.channel()
        arguments: FieldTable = {"x-queue-type": "quorum"}
        queue = await channel.declare_queue(COLLECTED, durable=True, arguments=arguments)
        await queue.bind("orders.replies", "#")


async def take_replies(url: str, into: list[DeliveredMessage]) -> None:
    """Adds every reply that was not taken yet; one that is not added stays in its queue."""
    async with broker_connection(url) as connection:
        outer = await connection.channel()
        channel = await outer.get_underlay_channel()
        taken = []
        while (message := await channel.basic_get(COLLECTED)).delivery_tag:
            taken.append(message)
        if taken:
            await channel.basic_ack(taken[-1].delivery_tag or 0, multiple=True)
            # Its answer comes behind the ack: without it many replies would come again.
            await outer.close()
        into += taken


@dataclass
class World:
    """A cluster, a relay that knows all its nodes, and an API."""

    cluster: RabbitCluster
    host: ClusterHost
    api: StandIn
    relay: RelayProcess

    @classmethod
    @asynccontextmanager
    async def start(cls, cluster: RabbitCluster, directory: Path) -> AsyncIterator["World"]:
        """The topology stands, replies are kept, and the relay consumes."""
        options = Options(keys=frozenset({KEY}), keep_calls=ENDLESS)
        with cluster.fresh_vhost() as host:
            await declared(host.urls[0], build_topology("orders", RetryPolicy().delays_seconds))
            await patiently(lambda: keep_replies(host.urls[0]))
            async with StandIn(options) as api:
                with RelayProcess(directory, ",".join(host.urls), api.url) as relay:
                    await relay.consuming()
                    yield cls(cluster, host, api, relay)

    async def served(self, more: int = ORDERS_MEANWHILE) -> None:
        """Returns once so many more orders have been placed; TimeoutError says that none were."""
        wanted = self.api.ledger.orders + more

        async def placed() -> bool:
            self.relay.check()
            return self.api.ledger.orders >= wanted

        await until(placed, f"{more} more orders are placed", timeout_seconds=SERVED_SECONDS)


Action = Callable[[World], Awaitable[None]]


async def phase(world: World, name: str, action: Action) -> Result:
    """What came of the orders while the action was carried out."""
    began = len(world.api.calls), world.api.ledger.orders
    producer = SteadyProducer(world.host.urls, new_orders(name.replace(" ", "-"), ENDLESS))
    stop = asyncio.Event()
    sending = asyncio.create_task(producer.run(stop))
    try:
        await world.served()
        await action(world)
        await world.served()
    finally:
        stop.set()
        await asyncio.wait_for(sending, SERVED_SECONDS)
    accepted = await _replies(world, set(producer.confirmed))
    calls_at = [call.monotonic_seconds for call in list(world.api.calls)[began[0] :]]
    placed = world.api.ledger.orders - began[1]
    return judge(name, producer.confirmed, accepted, placed, calls_at)


async def _replies(world: World, wanted: set[str]) -> Sequence[str]:
    """The request_id of each good reply, once all wanted ones are there or the time is over."""
    messages: list[DeliveredMessage] = []

    def accepted() -> list[str]:
        bodies = [json.loads(message.body) for message in messages]
        good = (body["request_id"] for body in bodies if body["status"] == "accepted")
        # A reply of the phase before comes again where the ack for it was lost with its connection.
        return [request_id for request_id in good if request_id in wanted]

    async def all_there() -> bool:
        await patiently(lambda: take_replies(world.host.live_url, messages))
        return wanted <= set(accepted())

    with suppress(TimeoutError):
        await until(all_there, "all replies", timeout_seconds=SERVED_SECONDS, poll_seconds=0.2)
    return accepted()


def taken_down(down: Callable[[RabbitCluster, int], None]) -> Action:
    """Each node in turn is taken down, is away while orders are served, and comes back."""

    async def action(world: World) -> None:
        await asyncio.to_thread(world.cluster.settle)
        for node in EVERY:
            await asyncio.to_thread(down, world.cluster, node)
            await world.served()
            await asyncio.to_thread(world.cluster.start_again, node)

    return action


async def led_by_each(world: World) -> None:
    """Each node in turn becomes the leader of every queue."""
    for node in EVERY:
        await asyncio.to_thread(world.cluster.move_leaders, world.host.name, node)
        await world.served()


EVERY = (0, 1, 2)
PHASES: dict[str, Action] = {
    "leaders moved to each node": led_by_each,
    "each node stopped, rolling restart": taken_down(RabbitCluster.stop),
    "each node killed": taken_down(RabbitCluster.kill),
}


async def run(cluster: RabbitCluster, directory: Path, say: Say) -> list[Result]:
    """The result of every phase, in their order."""
    results = []
    async with World.start(cluster, directory) as world:
        for name, action in PHASES.items():
            say(f"{name} ...")
            results.append(result := await phase(world, name, action))
            say(f"  {result}")
        code = await world.relay.stop()
        say(f"the relay ended with {code}")
    return results
