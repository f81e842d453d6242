"""Replicas that share, each with a connection of its own and nothing around it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from service.core.topology import build_peers_topology
from service.edges.amqp.broker import Broker
from service.edges.amqp.peers import AmqpPeers, PeersPorts
from service.edges.amqp.preparation import Prepare, TopologyMode
from service.edges.system_clock import SystemClock
from service.flow.sending.said import State
from tests.edges.amqp.edge import almost_no_pause
from tests.edges.amqp.eventlog import EventLog
from tests.world.standin.signals import Signals

PEERS = build_peers_topology("orders")
STOP_SECONDS = 20.0


class Ahead(SystemClock):
    """The machine's clock, which a test puts forward."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return super().monotonic() + self.seconds


class Replica:
    """One of the processes, with what it wants and what it has heard."""

    def __init__(self, name: str, broker: Broker, mode: TopologyMode = "declare") -> None:
        self.clock = Ahead()
        self.state = State(weight=1)
        self.events = EventLog()
        self.on_change: Callable[[], None] = lambda: None
        self._signals = Signals()
        ports = PeersPorts(
            broker,
            Prepare(PEERS, mode),
            lambda: self.state,
            self._changed,
            self.clock,
            self.events,
            almost_no_pause,
        )
        self.peers = AmqpPeers(ports, PEERS, name)
        self._task = asyncio.create_task(self.peers.run())

    def _changed(self) -> None:
        self.on_change()
        self._signals.changed()

    async def until(self, share: float, *, timeout_seconds: float = 50.0) -> None:
        """Wait until this is its share."""
        await self.when(lambda: self.peers.share() == pytest.approx(share), timeout_seconds)

    async def when(self, holds: Callable[[], bool], timeout_seconds: float = 50.0) -> None:
        """Wait until something holds after anything was said or heard."""
        what = lambda: f"{self.peers.share()}, {self.events.events}"  # noqa: E731
        await self._signals.wait_for(holds, what, timeout_seconds)

    def become(self, state: State) -> None:
        """Want something else."""
        self.state = state
        self.peers.changed()

    async def stop(self) -> None:
        """End in good order."""
        self.peers.stop()
        await asyncio.wait_for(self._task, STOP_SECONDS)

    async def kill(self) -> None:
        """Close the connection without a word."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


Start = Callable[..., Replica]


@asynccontextmanager
async def starting(broker: Broker) -> AsyncIterator[Start]:
    """Start a replica, at this broker unless it is told another; all end with the block."""
    async with AsyncExitStack() as stack:

        def one(name: str, at: Broker = broker, mode: TopologyMode = "declare") -> Replica:
            replica = Replica(name, at, mode)
            stack.push_async_callback(replica.kill)
            return replica

        yield one


async def all_have(share: float, *replicas: Replica, timeout_seconds: float = 50.0) -> None:
    """Wait until this is the share of each."""
    await asyncio.gather(*(each.until(share, timeout_seconds=timeout_seconds) for each in replicas))
