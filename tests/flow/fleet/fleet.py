"""Several replicas around one API, one queue and one stream, and what can befall them."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, TypeVar

from service.core.message import Message
from tests.flow.fakes import request
from tests.flow.fleet.api import Api, Fault, works
from tests.flow.fleet.broker import Queue, Stream
from tests.flow.fleet.connection import SILENT_THERE_SECONDS
from tests.flow.fleet.replica import Replica
from tests.flow.fleet.simulated import JumpingLoop
from tests.world.standin.limiter import Limited

Result = TypeVar("Result")


def endless() -> Iterator[Message]:
    """Orders that never run out."""
    return (request(f"o-{number}") for number in count())


_SEED = ContextVar("_SEED", default=1)


def play(case: Callable[[], Coroutine[Any, Any, Result]], seed: int = 1) -> Result:
    """Run a case in simulated time; `seed` is that of its chance."""
    _SEED.set(seed)
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(case())


@dataclass
class Fleet:
    """The world of a case; made inside the loop."""

    replicas: int = 1
    limit: Limited | None = None
    rate_per_second: float | None = None
    told: float | None = None
    fault: Fault = works
    whole: bool = False
    prefetch: int = 64
    orders: Iterator[Message] | None = None
    seed: int = field(default_factory=_SEED.get)

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.chance = Random(self.seed)
        self.api = Api(self.limit, self.chance, self.told, self.fault)
        self.queue = Queue(endless() if self.orders is None else self.orders)
        self.stream = Stream()
        self.all: list[Replica] = []
        self.add(self.replicas)

    @property
    def now(self) -> float:
        """Simulated seconds since the beginning."""
        return self._loop.time()

    async def run(self, seconds: float) -> None:
        """Let so much time pass."""
        await asyncio.sleep(seconds)

    def add(self, number: int = 1) -> None:
        """Start replicas."""
        for _ in range(number):
            self.all.append(
                Replica(
                    len(self.all),
                    self.api,
                    self.queue,
                    self.stream,
                    chance=self.chance,
                    rate_per_second=self.rate_per_second,
                    whole=self.whole,
                    prefetch=self.prefetch,
                )
            )

    def kill(self, replica: Replica) -> None:
        """SIGKILL: the kernel closes its connections."""
        replica.process.kill()
        for link in replica.links.values():
            link.close()

    def stop(self, replica: Replica) -> None:
        """SIGSTOP: the broker closes what is silent for too long."""
        replica.process.stop()
        since = self.now

        def look() -> None:
            if replica.process.stopped_at == since:
                self.close(replica)

        self._loop.call_later(SILENT_THERE_SECONDS, look)

    async def stall(self, replica: Replica, seconds: float) -> None:
        """Its loop stands still for a moment."""
        replica.process.stop()
        await self.run(seconds)
        replica.process.wake()

    def cut(self, replica: Replica, *names: str) -> None:
        """Let nothing through between it and the broker, or not on these connections."""
        for name in names or replica.links:
            replica.links[name].cut()

    def heal(self, replica: Replica) -> None:
        """End that."""
        for link in replica.links.values():
            link.heal()

    def close(self, replica: Replica) -> None:
        """The broker ends its connections."""
        for link in replica.links.values():
            link.close()
