"""Deadlines of many, of which hardly one ever comes: one timer of the loop for all of a duration.

A timer for each would be made, sorted in among all others and cancelled again, twice an order.
"""

import asyncio
from collections.abc import Callable


class Deadlines:
    """Of one event loop; of those with one duration the first that began is the first due."""

    def __init__(self) -> None:
        self._waiting: dict[float, dict[object, tuple[float, Callable[[], object]]]] = {}

    def begin(self, key: object, seconds: float, due: Callable[[], object]) -> None:
        """Call `due` so many seconds from now, unless `key` is ended before."""
        loop = asyncio.get_running_loop()
        at = loop.time() + seconds
        if (waiting := self._waiting.get(seconds)) is None:
            waiting = self._waiting[seconds] = {}
            loop.call_at(at, self._ring, loop, seconds, at)
        waiting[key] = at, due

    def end(self, key: object, seconds: float) -> None:
        """Forget it, whether it was due or not."""
        if (waiting := self._waiting.get(seconds)) is not None:
            waiting.pop(key, None)

    def _ring(self, loop: asyncio.AbstractEventLoop, seconds: float, now: float) -> None:
        """Call those that are due at `now`; where none is left, no timer goes on."""
        waiting = self._waiting[seconds]
        while waiting:
            key, (at, due) = next(iter(waiting.items()))
            if at > now:
                loop.call_at(at, self._ring, loop, seconds, at)
                return
            del waiting[key]
            due()
        del self._waiting[seconds]
