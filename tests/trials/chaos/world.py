"""Everything of one run that faults strike: relays with their links, the broker, the API."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from service.core.topology import Topology, build_topology
from service.edges.amqp.declare import declare
from tests.trials.chaos.amqp import AGAIN_SECONDS, AMQP_FAILURES, broker_connection
from tests.trials.chaos.brokers import SURELY_SECONDS, ChaosBroker, surely
from tests.trials.chaos.collecting import declare_reply_queues
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
