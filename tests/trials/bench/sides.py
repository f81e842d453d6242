"""What is measured: one peer in some processes, in a virtual host of its own to take turns."""

import signal
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from service.core.topology import build_whole_topology
from tests.edges.amqp.crash import declared
from tests.trials.bench.ends import Ends, fresh
from tests.trials.bench.peers import Command, Peer
from tests.world.broker import RabbitNode, VirtualHost
from tests.world.load import RelayProcess, cpu_seconds, resident_kib
from tests.world.load.processes import KEY, Process, client

TIERS = (1, 5, 30, 120, 600, 3600)
CONSUMING = "(?m)^(consuming)$"
POLL_SECONDS = 0.002
START_SECONDS = 180.0

_NAMES = count()


class PeerProcess(Process):
    """A program that is not of this Python."""

    launcher: Sequence[str] = ()


class ApiProcess(Process):
    """The stand-in of the API."""

    url: str

    def __init__(self, directory: Path) -> None:
        super().__init__("bench-api", directory, ["tests.trials.bench.api"], {})

    async def ready(self) -> None:
        """The URL is known from then on."""
        self.url = await self.until_logged(r"READY (\S+)")

    async def calls(self) -> int:
        """How many it has answered."""
        async with client() as http:
            return int((await http.get(self.url)).text)


@dataclass(frozen=True, slots=True)
class Stage:
    """What all sides share."""

    node: RabbitNode
    directory: Path
    api: ApiProcess
    commands: Mapping[Peer, Command]
    say: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Setup:
    """How a peer is run; `settings` are the relay's."""

    peer: Peer
    path: str = "/0/0"
    in_flight: int = 64
    processes: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Burst:
    """What one backlog took: seconds of the clock and of each party's processor time."""

    orders: int
    seconds: float
    consumer: float
    broker: float
    api: float


@dataclass(frozen=True, slots=True)
class Side:
    """Processes that answer orders, and both ends of them."""

    stage: Stage
    processes: Sequence[Process]
    ends: Ends

    def cpu(self) -> float:
        """The processor time of all processes."""
        return sum(cpu_seconds(one.pid) for one in self.processes)

    def megabytes(self) -> float:
        """The memory of all processes."""
        return sum(resident_kib(one.pid) for one in self.processes) / 1024

    async def burst(self, orders: int) -> Burst:
        """A backlog, loaded while the processes are stopped so that only serving is measured."""
        batch = fresh(orders)
        stage = self.stage
        self._signal(signal.SIGSTOP)
        try:
            await self.ends.producer.publish_all(batch)
            pids = stage.node.pid, stage.api.pid
            before = (time.monotonic(), self.cpu(), *map(cpu_seconds, pids))
        finally:
            self._signal(signal.SIGCONT)
        await self.ends.until_replied(orders, self.processes)
        after = (time.monotonic(), self.cpu(), *map(cpu_seconds, pids))
        await self.ends.check(order.request_id for order in batch)
        return Burst(orders, *(late - early for early, late in zip(before, after, strict=True)))

    def _signal(self, number: signal.Signals) -> None:
        for one in self.processes:
            one.send_signal(number)


@asynccontextmanager
async def process(stage: Stage, setup: Setup, host: VirtualHost) -> AsyncIterator[Process]:
    """One process that consumes."""
    url, name = stage.api.url + setup.path, f"{setup.peer}-{next(_NAMES)}"
    if setup.peer is Peer.RELAY:
        settings = {"API__CONCURRENCY": str(setup.in_flight), **setup.settings}
        with RelayProcess(stage.directory, host.url, url, name, **settings) as relay:
            await relay.consuming(poll_seconds=POLL_SECONDS)
            yield relay
        return
    environment = {"AMQP_URL": host.url, "API_URL": url, "API_KEY": KEY}
    environment["PREFETCH"] = str(setup.in_flight)
    command = stage.commands[setup.peer]
    with PeerProcess(name, stage.directory, command, environment) as peer:
        await peer.until_logged(CONSUMING, poll_seconds=POLL_SECONDS, timeout_seconds=START_SECONDS)
        yield peer


@asynccontextmanager
async def topology(stage: Stage) -> AsyncIterator[VirtualHost]:
    """A virtual host with what a relay declares, and nobody in it."""
    with VirtualHost.fresh(stage.node) as host:
        await declared(host.url, build_whole_topology("orders", TIERS))
        yield host


@asynccontextmanager
async def side(stage: Stage, setup: Setup) -> AsyncIterator[Side]:
    """A side that consumes."""
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(topology(stage))
        ends = await stack.enter_async_context(Ends.connect(host))
        async with AsyncExitStack() as running:
            processes = [
                await running.enter_async_context(process(stage, setup, host))
                for _ in range(setup.processes)
            ]
            yield Side(stage, processes, ends)
            await ends.acked()
        await ends.nothing_left()
