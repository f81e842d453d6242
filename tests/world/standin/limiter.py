"""Exact limits of so many calls a second, and how many calls the API serves at a time."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from enum import StrEnum
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0, le=3600)]


class Limited(Protocol):
    """An exact limit of so many calls a second, which may change."""

    def __init__(self, rate: Callable[[float], float]) -> None: ...

    def allows(self, now: float) -> bool:
        """Whether a call at `now` is within it; it is counted then."""
        ...


class Bucket:
    """A token bucket whose burst is a tenth of a second's, as many APIs have it."""

    def __init__(self, rate: Callable[[float], float]) -> None:
        self._rate = rate
        self._tokens = max(1.0, rate(0.0) / 10)
        self._last = 0.0

    def allows(self, now: float) -> bool:
        """Take a token, if there is one."""
        rate = self._rate(now)
        self._tokens += (now - self._last) * rate
        self._tokens, self._last = min(max(1.0, rate / 10), self._tokens), now
        if self._tokens < 1 - 1e-9:
            return False
        self._tokens -= 1
        return True


class Window:
    """So many calls in any second, counted exactly."""

    def __init__(self, rate: Callable[[float], float]) -> None:
        self._rate = rate
        self._calls: deque[float] = deque()

    def allows(self, now: float) -> bool:
        """Count it, if there is room."""
        while self._calls and self._calls[0] <= now - 1:
            self._calls.popleft()
        if len(self._calls) >= self._rate(now):
            return False
        self._calls.append(now)
        return True


class Counted(StrEnum):
    """How calls are counted."""

    BUCKET = "bucket"
    WINDOW = "window"


_COUNTING: dict[Counted, type[Limited]] = {Counted.BUCKET: Bucket, Counted.WINDOW: Window}


class Limits(BaseModel):
    """What the API allows: calls a second, and `workers` that take `latency_seconds` for one.

    A rate of None allows all, workers of None are as many as there are calls. A call too many is
    answered 429 at once; one that no worker is free for waits, and is served though its client
    may have gone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate_per_second: Annotated[float, Field(gt=0)] | None = None
    counted: Counted = Counted.BUCKET
    retry_after_seconds: Annotated[int, Field(ge=0)] | None = None
    workers: Annotated[int, Field(ge=1)] | None = None
    latency_seconds: Seconds = 0.0


class Limiter:
    """Keeps to limits that may change at any time; what was counted counts on."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = Limits()
        self._counting: Limited | None = None
        self._workers: asyncio.Semaphore | None = None
        self.change(limits or Limits())

    def change(self, limits: Limits) -> None:
        """From now on these; who waits for a worker goes on waiting for one of the old ones."""
        before, self.limits = self.limits, limits
        if limits.rate_per_second is None:
            self._counting = None
        elif self._counting is None or limits.counted is not before.counted:
            self._counting = _COUNTING[limits.counted](self._rate)
        if limits.workers is None:
            self._workers = None
        elif limits.workers != before.workers:
            self._workers = asyncio.Semaphore(limits.workers)

    def allows(self, now: float) -> bool:
        """Whether a call at this moment is within the rate; it is counted then."""
        return self._counting is None or self._counting.allows(now)

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[float]:
        """The moment at which a worker began; it is busy to the end of the block."""
        async with self._workers or nullcontext():
            yield time.monotonic()

    def _rate(self, _: float) -> float:
        rate = self.limits.rate_per_second
        assert rate is not None
        return rate
