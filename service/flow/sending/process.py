"""What of the process itself stops the sending of orders: no publisher, or the end."""

import asyncio


class Process:
    """Whether results can be published, and whether the process ends; times are monotonic."""

    def __init__(self) -> None:
        self.draining = asyncio.Event()
        self.unpublished: str | None = None
        self.held_since: float | None = None

    @property
    def sends(self) -> bool:
        """Whether orders may be sent at all."""
        return self.unpublished is None and not self.draining.is_set()

    def hold_publisher(self, why: str, now: float) -> None:
        """Let nothing through while results cannot be published."""
        self.unpublished = why
        self.held_since = now if self.held_since is None else self.held_since

    def lift_publisher(self) -> None:
        """Results can be published again."""
        self.unpublished = self.held_since = None
