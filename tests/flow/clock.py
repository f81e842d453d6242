"""A clock that the test moves."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count
from math import isinf
from typing import Any

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
TURNS_UNTIL_QUIET = 60


async def settle() -> None:
    """Let every task run until it waits for time or for the test."""
    for _ in range(TURNS_UNTIL_QUIET):
        await asyncio.sleep(0)


class FakeClock:
    """Keeps to `service.flow.ports.Clock`; time stands still until `advance`."""

    def __init__(self) -> None:
        self._elapsed = 0.0
        self._timers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def now(self) -> datetime:
        """The wall clock: EPOCH plus what was advanced."""
        return EPOCH + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """What was advanced, in seconds."""
        return self._elapsed

    async def wait(self, event: asyncio.Event, timeout_seconds: float) -> bool:
        """Wait until `event` is set or the test has advanced so far."""
        if event.is_set() or timeout_seconds <= 0:
            await asyncio.sleep(0)
            return event.is_set()
        timer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not isinf(timeout_seconds):
            due = self._elapsed + timeout_seconds
            heapq.heappush(self._timers, (due, next(self._numbers), timer))
        waiting = asyncio.create_task(event.wait())
        either: set[asyncio.Future[Any]] = {timer, waiting}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            timer.cancel()
        return event.is_set()

    def stop(self, seconds: float) -> None:
        """Let time pass while the process is stopped: what was due runs with the next `advance`."""
        self._elapsed += seconds

    async def advance(self, seconds: float) -> None:
        """Move time, letting each task that is due run at its moment."""
        end = self._elapsed + seconds
        await settle()
        while self._timers and self._timers[0][0] <= end:
            due, _, timer = heapq.heappop(self._timers)
            if timer.done():
                continue
            self._elapsed = max(self._elapsed, due)
            timer.set_result(None)
            await settle()
        self._elapsed = end
        await settle()
