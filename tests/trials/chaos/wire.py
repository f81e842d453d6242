"""One link of one relay: a proxy whose troubles overlap, and the traps that lie on it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from tests.world.faults import BOTH, Direction, Proxy, Verdict


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a link is like for a while; several at once add up to the worst of each."""

    stalled: tuple[Direction, ...] = ()
    swallows: bool = False
    piece_bytes: int | None = None
    pause_seconds: float = 0.0
    latency_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Trap:
    """Springs once, at the first bytes in its direction with the pattern in them.

    They do not pass and the connection is cut: whatever `spring` does comes before them.
    """

    direction: Direction
    pattern: bytes
    spring: Callable[[], bool]


class Wire:
    """A proxy and what is done to it now."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self._troubles: list[Trouble] = []
        self._traps: list[Trap] = []
        self._refusals = 0
        proxy.on_data(self._judge)

    @contextmanager
    def suffering(self, trouble: Trouble) -> Iterator[None]:
        """The link has this trouble, besides others, inside the block."""
        self._troubles.append(trouble)
        self._apply()
        try:
            yield
        finally:
            self._troubles.remove(trouble)
            if trouble.swallows:
                # No network loses bytes in the middle of a stream and goes on with it.
                self.proxy.cut()
            self._apply()

    @asynccontextmanager
    async def refusing(self) -> AsyncIterator[None]:
        """Open connections are reset, and new ones are refused inside the block."""
        self._refusals += 1
        await self.proxy.refuse()
        self.proxy.cut()
        try:
            yield
        finally:
            self._refusals -= 1
            await self.proxy.refuse(on=self._refusals > 0)

    def lay(self, trap: Trap) -> None:
        """The trap lies there until it springs, or is cleared."""
        self._traps.append(trap)

    def clear(self, trap: Trap) -> None:
        """Takes the trap away, if it is still there."""
        if trap in self._traps:
            self._traps.remove(trap)

    def _apply(self) -> None:
        self.proxy.resume()
        for way in BOTH:
            stalling = [trouble for trouble in self._troubles if way in trouble.stalled]
            if stalling:
                self.proxy.stall(way, swallow=any(trouble.swallows for trouble in stalling))
        pieces = [trouble for trouble in self._troubles if trouble.piece_bytes]
        self.proxy.throttle(
            min((trouble.piece_bytes or 0 for trouble in pieces), default=None),
            pause_seconds=max((trouble.pause_seconds for trouble in pieces), default=0.0),
        )
        self.proxy.latency(max((trouble.latency_seconds for trouble in self._troubles), default=0))

    def _judge(self, way: Direction, data: bytes) -> Verdict:
        for trap in self._traps:
            if trap.direction is way and trap.pattern in data and trap.spring():
                self._traps.remove(trap)
                return Verdict.CUT
        return Verdict.PASS
