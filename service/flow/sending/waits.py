"""How long the API asks to wait: as it says, or else by what the account has met before."""

from math import inf

FIRST_WAIT_SECONDS = 0.8
LONGEST_OWN_WAIT_SECONDS = 30.0
LONGEST_TOLD_SECONDS = 3_600.0

HEARD_AGAIN_SECONDS = 0.25
"""The end of one wait, said twice, differs by the time that the messages take."""


class Waits:
    """The end of the present wait; times are monotonic seconds.

    `asked_until` is the same as far as this process was asked: what others know is not said again.
    `asked` counts the waits that it was asked for.
    """

    def __init__(self) -> None:
        self.until = -inf
        self.since = -inf
        self.asked_until = -inf
        self.asked = 0
        self._own_seconds = FIRST_WAIT_SECONDS
        self._last_sent = 0

    @property
    def asked_here(self) -> bool:
        """Whether this process was asked, and not another one only."""
        return self.asked_until >= self.until

    def over(self, now: float) -> bool:
        """Whether there is no wait at `now`."""
        return now >= self.until

    def seconds(self, now: float) -> float:
        """How long it lasts still."""
        return max(0.0, self.until - now)

    def served(self) -> None:
        """The API serves again: the next wait of one's own is a short one."""
        self._own_seconds = FIRST_WAIT_SECONDS

    def hear(self, until: float, now: float) -> bool:
        """Take over a wait that another replica was asked for; whether it is one."""
        if until <= max(now, self.until + HEARD_AGAIN_SECONDS):
            return False
        self._begin(until, now)
        return True

    def ask(
        self, number: int, last_sent: int, told: float | None, least: float, now: float, draw: float
    ) -> bool:
        """Learn from a throttled attempt; whether it is a wait. `draw` is random, from 0 to 1."""
        # Those that were sent before the wait began say nothing new about the limit.
        new = number > self._last_sent
        if told is not None:
            # "After 0 seconds", said again and again, would be called in a hot loop.
            seconds = min(max(told, draw / 2), LONGEST_TOLD_SECONDS)
        elif new:
            seconds = self._own_seconds * (0.5 + draw / 2)
            self._own_seconds = min(self._own_seconds * 2, LONGEST_OWN_WAIT_SECONDS)
        else:
            return False
        self.asked += new
        self._begin(max(self.until, now + max(seconds, least)), now)
        self.asked_until, self._last_sent = self.until, last_sent
        return True

    def _begin(self, until: float, now: float) -> None:
        self.since = now if self.over(now) else self.since
        self.until = until
