"""Everything of one run: relays with links, the broker, the API; and what is read out after it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from aiormq.abc import AbstractChannel

from service.core.topology import Topology, build_topology
from service.edges.amqp.declare import declare
from tests.trials.chaos.amqp import AGAIN_SECONDS, AMQP_FAILURES, broker_connection
from tests.trials.chaos.brokers import SURELY_SECONDS, ChaosBroker, surely
from tests.trials.chaos.collecting import declare_reply_queues, read_reply
from tests.trials.chaos.history import Booked, Called, Found, Told
from tests.trials.chaos.processes import ChaosApi, Replica, linked, relay_environment
from tests.trials.chaos.scenario import Scenario


@dataclass
class World:
    """What a fault may touch.

    `broker_lock` is held by who takes the broker down or changes the topology: a queue that is
    declared while its node dies is lost by the broker itself.
    """

    broker: ChaosBroker
    api: ChaosApi
    replicas: list[Replica]
    topology: Topology
    sending: asyncio.Event
    broker_lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    @asynccontextmanager
    async def start(
        cls, broker: ChaosBroker, scenario: Scenario, directory: Path
    ) -> AsyncIterator["World"]:
        """The topology declared, the API up, every relay consuming; all gone after."""
        sending = asyncio.Event()
        sending.set()
        topology = build_topology("orders", scenario.relay.retry_delays_seconds)
        async with AsyncExitStack() as stack:
            api = stack.enter_context(ChaosApi(directory))
            world = cls(broker, api, [], topology, sending)
            await world.declare_topology()
            await api.ready()
            ports = [node.amqp_port for node in broker.nodes]
            settings = partial(relay_environment, scenario.relay, broker)
            for number in range(scenario.replicas):
                relay = await linked(stack, number, directory, ports, api, settings)
                world.replicas.append(relay)
            for replica in world.replicas:
                await replica.process.consuming(poll_seconds=0.1)
            yield world

    async def declare_topology(self) -> None:
        """As the operator does; again until the broker takes it."""
        async with asyncio.timeout(SURELY_SECONDS):
            while True:
                try:
                    async with broker_connection(self.broker.urls[0]) as connection:
                        await declare(connection, self.topology)
                        channel = await connection.channel()
                        exchange = self.topology.replies_exchange
                        await declare_reply_queues(await channel.get_underlay_channel(), exchange)
                except AMQP_FAILURES:
                    await asyncio.sleep(AGAIN_SECONDS)
                else:
                    break

    async def surely(self, action: Callable[[], object]) -> None:
        """Does on the broker what must be done, as soon as it can be."""
        await asyncio.to_thread(surely, action)


KEEPING = ("orders.parked", "orders.unrouted")
"""Queues that may keep something when all is quiet."""


def waiting(depths: Mapping[str, int]) -> int:
    """How many messages still wait for something, by the depths of all queues."""
    return sum(count for name, count in depths.items() if name not in KEEPING)


async def depths(world: World) -> dict[str, int]:
    """How many messages each queue holds, unacknowledged ones included, as of a moment ago."""
    queues = await asyncio.to_thread(world.broker.queues)
    return {name: queue.messages for name, queue in queues.items()}


async def read_queues(world: World) -> tuple[tuple[Found, ...], tuple[Told, ...]]:
    """What the queues of the topology hold, and the replies that nobody was bound for."""
    found: list[Found] = []
    unrouted: list[Told] = []
    async with broker_connection(world.broker.urls[0]) as connection:
        outer = await connection.channel(publisher_confirms=False)
        channel = await outer.get_underlay_channel()
        for queue in world.topology.queues:
            for message_id, body in await _drain(channel, queue.name):
                if queue.name == "orders.unrouted":
                    unrouted.append(read_reply(body, "unrouted"))
                else:
                    found.append(Found(message_id, queue.name))
    return tuple(found), tuple(unrouted)


async def _drain(channel: AbstractChannel, queue: str) -> list[tuple[str, bytes]]:
    messages = []
    while (message := await channel.basic_get(queue, no_ack=True)).delivery_tag:
        properties = message.header.properties
        messages.append((properties.message_id or "", message.body))
    return messages


async def read_api(world: World) -> tuple[tuple[Called, ...], tuple[Booked, ...]]:
    """Every call that arrived, and every request_id in the ledger."""
    calls = await world.api.ask("GET", "/calls")
    ledger = await world.api.ask("GET", "/ledger")
    called = tuple(
        Called(
            request_id=call["request_id"],
            arrived_at=call["wall_seconds"],
            fingerprint=call["fingerprint"],
            answered=call["answered"],
            status=call["status"],
            order_placed=call["order_placed"],
        )
        for call in calls
    )
    return called, booked_in(ledger)


def booked_in(ledger: Mapping[str, Any]) -> tuple[Booked, ...]:
    """Every request_id of the stand-in's ledger."""
    return tuple(
        Booked(request_id, entry["orders"], _order_in(entry["answer"]), entry["conflicts"])
        for request_id, entry in ledger["by_request_id"].items()
    )


def _order_in(answer: str | None) -> str | None:
    value: Any = None if answer is None else json.loads(answer)
    return value.get("order") if isinstance(value, dict) else None
