"""What of the process itself stops the sending of orders: no publisher, or the end."""

import asyncio
from math import inf

STOPPED_SECONDS = 1.0
"""One that looks so late was stopped, or its machine slept."""

CATCH_UP_SECONDS = 0.1
"""How long it then hears first: what it holds may be another's, and the broker's word for that lies
unread."""


class Process:
    """Whether results can be published, and whether the process ends; times are monotonic.

    `sends` says whether orders may be sent at all.
    """

    def __init__(self) -> None:
        self.draining = asyncio.Event()
        self.sends = True
        self.unpublished: str | None = None
        self.held_since: float | None = None
        self._caught_up_at = -inf

    def look(self, by: float, now: float) -> None:
        """Take note that it looks at `now`, and was to look by then."""
        if now > by + STOPPED_SECONDS:
            self._caught_up_at = now + CATCH_UP_SECONDS

    def catching_up_seconds(self, now: float) -> float:
        """How long nothing is sent because it was stopped; 0 or less where it was not."""
        return self._caught_up_at - now

    def drain(self) -> None:
        """The process ends."""
        self.draining.set()
        self.sends = False

    def hold_publisher(self, why: str, now: float) -> None:
        """Let nothing through while results cannot be published."""
        self.unpublished, self.sends = why, False
        self.held_since = now if self.held_since is None else self.held_since

    def lift_publisher(self) -> None:
        """Results can be published again."""
        self.unpublished = self.held_since = None
        self.sends = not self.draining.is_set()
