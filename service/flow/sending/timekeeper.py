"""Wakes the gate when time alone lets somebody through."""

import asyncio
from collections.abc import Callable
from math import inf

from service.flow.ports import Clock

LOOK_SECONDS = 10.0
"""At the latest: one that was stopped for so long that the broker gave its orders to another
notices that by it."""


class Timekeeper:
    """`serve` says in how many seconds it is to be called again; `wake_at` is when it will be."""

    def __init__(self, clock: Clock, serve: Callable[[], float]) -> None:
        self._clock = clock
        self._serve = serve
        self._task: asyncio.Task[None] | None = None
        self._poke = asyncio.Event()
        self.wake_at = inf

    def start(self) -> None:
        """Keep time from now on; again and again changes nothing."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def by(self, at: float) -> None:
        """Wake it by then."""
        if at < self.wake_at:
            self._poke.set()

    async def _run(self) -> None:
        while True:
            self._poke.clear()
            seconds = min(self._serve(), LOOK_SECONDS)
            self.wake_at = self._clock.monotonic() + seconds
            await self._clock.wait(self._poke, seconds)
