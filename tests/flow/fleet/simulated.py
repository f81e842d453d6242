"""Simulated time: a loop that jumps to the next timer, and processes that can be stopped."""

import asyncio
import selectors
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from tests.flow.clock import EPOCH

LATE_SECONDS = 0.001
"""A loop wakes so much too late at most."""


class _Jump(selectors.SelectSelector):
    """Selects nothing, and lets the time pass that the loop would have slept."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Jump to the next timer."""
        if timeout is None:
            raise RuntimeError("everybody waits for something that will never happen")
        self.now += max(0.0, timeout)
        return []


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop in which only timers take time, and none of it is real."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        """Simulated seconds since the beginning."""
        return self._jump.now


class Process:
    """What happens to one process: while it is stopped nothing does, and all of it afterwards.

    Everything that lets its code go on (time, answers, messages) comes through `after`.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._missed: list[Callable[[], object]] = []
        self.stopped_at: float | None = None
        self.alive = True

    def after(self, seconds: float, what: Callable[[], object]) -> asyncio.TimerHandle:
        """Do it in so many seconds, or when the process is woken."""
        return self._loop.call_later(seconds, self._do, what)

    def stop(self) -> None:
        """SIGSTOP: its clock goes on, its code does not."""
        self.stopped_at = self._loop.time()

    def wake(self) -> None:
        """SIGCONT: all that it missed comes at once."""
        self.stopped_at, missed, self._missed = None, self._missed, []
        for what in missed:
            self._do(what)

    def kill(self) -> None:
        """SIGKILL."""
        self.alive = False

    def _do(self, what: Callable[[], object]) -> None:
        if not self.alive:
            return
        if self.stopped_at is not None:
            self._missed.append(what)
        else:
            what()


class ProcessClock:
    """One process's clock; keeps to `service.flow.ports.Clock`."""

    def __init__(self, process: Process, chance: Random) -> None:
        self._process = process
        self._loop = asyncio.get_running_loop()
        self._chance = chance
        # Only differences have a meaning: those who compare their clocks are found out.
        self._offset = chance.uniform(0, 1000)

    def now(self) -> datetime:
        """The wall clock, the same for all."""
        return EPOCH + timedelta(seconds=self._loop.time())

    def monotonic(self) -> float:
        """Seconds on this process's own clock."""
        return self._loop.time() + self._offset

    async def wait(self, event: asyncio.Event, timeout_seconds: float) -> bool:
        """Wait until `event` is set, or for so long and a little longer."""
        if event.is_set() or timeout_seconds <= 0:
            await asyncio.sleep(0)
            return event.is_set()
        if timeout_seconds == float("inf"):
            return await event.wait()
        seconds = timeout_seconds + self._chance.random() * LATE_SECONDS
        timer: asyncio.TimerHandle | None = None
        try:
            async with asyncio.timeout(None) as bound:
                timer = self._process.after(seconds, lambda: bound.reschedule(self._loop.time()))
                await event.wait()
        except TimeoutError:
            pass
        finally:
            if timer is not None:
                timer.cancel()
        return event.is_set()
