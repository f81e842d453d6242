"""What the network between two ends is like now, and who wants to know what passes."""

import asyncio
from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass, field
from enum import Enum

WAIT_SECONDS = 50.0
WINDOW_BYTES = 1 << 20


class Direction(Enum):
    """Which way bytes go."""

    TO_TARGET = "to the target"
    TO_CLIENT = "to the client"


BOTH = (Direction.TO_TARGET, Direction.TO_CLIENT)


class Verdict(Enum):
    """What becomes of bytes: on they go, they wait with all that follows, or all is cut."""

    PASS = "pass"
    HOLD = "hold"
    CUT = "cut"


OnData = Callable[[Direction, bytes], Verdict]
Predicate = Callable[[Direction, bytes], bool]


class Gate:
    """Open, or closed until it is opened again."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self.swallows = False

    @property
    def is_open(self) -> bool:
        """Whether bytes pass."""
        return self._open.is_set()

    def close(self, *, swallow: bool = False) -> None:
        """Lets nothing pass; what comes is held, or lost."""
        self.swallows = swallow
        self._open.clear()

    def open(self) -> None:
        """Lets everything pass that was held."""
        self.swallows = False
        self._open.set()

    async def passed(self) -> None:
        """Returns when the gate is open."""
        await self._open.wait()


class Sighting:
    """Something awaited from the moment this was made; awaiting it is bounded."""

    def __init__(self, what: str, timeout_seconds: float) -> None:
        self._what = what
        self._timeout_seconds = timeout_seconds
        self._seen = asyncio.Event()

    @property
    def is_done(self) -> bool:
        """Whether it has been seen."""
        return self._seen.is_set()

    def done(self) -> None:
        """Tells who waits that it has been seen."""
        self._seen.set()

    def __await__(self) -> Generator[object, None, None]:
        return self._wait().__await__()

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._seen.wait(), self._timeout_seconds)
        except TimeoutError:
            message = f"not within {self._timeout_seconds:g} s: {self._what}"
            raise TimeoutError(message) from None


@dataclass
class _Watch:
    predicate: Predicate
    sighting: Sighting
    windows: dict[Hashable, bytearray] = field(default_factory=dict)

    def take(self, link: Hashable, direction: Direction, data: bytes) -> None:
        # A frame may come in pieces, so the predicate gets all since the start, up to a bound.
        window = self.windows.setdefault((link, direction), bytearray())
        window += data
        del window[:-WINDOW_BYTES]
        if self.predicate(direction, bytes(window)):
            self.sighting.done()


@dataclass
class Conditions:
    """Shared by every connection of a proxy."""

    on_data: OnData | None = None
    latency_seconds: float = 0.0
    piece_bytes: int | None = None
    pause_seconds: float = 0.0
    gates: dict[Direction, Gate] = field(default_factory=lambda: {way: Gate() for way in BOTH})
    passed_bytes: dict[Direction, int] = field(default_factory=lambda: dict.fromkeys(BOTH, 0))
    _watches: list[_Watch] = field(default_factory=list)

    def judge(self, direction: Direction, data: bytes) -> Verdict:
        """What the test wants to become of these bytes."""
        return self.on_data(direction, data) if self.on_data else Verdict.PASS

    def watch(self, predicate: Predicate, sighting: Sighting) -> None:
        """Looks at all that comes from now on, until the predicate holds."""
        self._watches.append(_Watch(predicate, sighting))

    def saw(self, link: Hashable, direction: Direction, data: bytes) -> None:
        """Tells who watches what has been passed on, or held."""
        for watch in self._watches:
            watch.take(link, direction, data)
        self._watches = [watch for watch in self._watches if not watch.sighting.is_done]
