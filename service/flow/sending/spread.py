"""How a process spreads its orders over the time that one takes, and when one of them hangs."""

from collections import deque
from math import inf

SPREAD = 0.85
"""Of a latency: orders that arrive all at once end at once, and the one too many waits for a whole
turn of the others instead of a part of it. With all of it no slot that is missed is made up for."""

RECENT = 4
"""Attempts, of which the shortest counts: an odd one that is slow makes nobody wait."""

LATE_SECONDS = 0.005
"""So far back a slot may lie: what a timer was late is made up for."""

HANGS, LEAST_HANG_SECONDS = 3.0, 1.0
"""One that takes so many times as long as others, and so long, hangs: it stops no others."""


class Spread:
    """Slots for so many orders at a time; times are monotonic seconds."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=RECENT)
        self._slot = -inf

    def gap_seconds(self, limit: int, now: float) -> float:
        """How long the next one waits; 0 or less where it may go."""
        return self._slot + self._gap(limit) - now

    def take(self, limit: int, now: float) -> None:
        """Take the slot of `now`."""
        self._slot = max(self._slot + self._gap(limit), now - LATE_SECONDS)

    def ended(self, seconds: float) -> None:
        """Remember how long an attempt took."""
        self._recent.append(seconds)

    def hang_seconds(self) -> float:
        """How long one takes that hangs; the longest of the others may be an odd one."""
        usual = sorted(self._recent)[-2:]
        return max(LEAST_HANG_SECONDS, HANGS * min(usual, default=0.0))

    def held_up_seconds(self, seconds: float) -> float:
        """How much longer than others an attempt took."""
        return seconds - min(self._recent, default=seconds)

    def _gap(self, limit: int) -> float:
        return SPREAD * min(self._recent, default=0.0) / limit
