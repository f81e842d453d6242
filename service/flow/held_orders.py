"""The orders that this process holds now, for the age of the oldest."""

from collections.abc import Iterator
from contextlib import contextmanager


class HeldOrders:
    """Written from the event loop, read from any thread; times are monotonic seconds."""

    def __init__(self) -> None:
        self._since: dict[object, float] = {}

    def __len__(self) -> int:
        return len(self._since)

    @contextmanager
    def holding(self, since: float) -> Iterator[None]:
        """Count an order that has been on its way since `since` as held, inside the block."""
        token = object()
        self._since[token] = since
        try:
            yield
        finally:
            del self._since[token]

    def oldest_age_seconds(self, now: float) -> float:
        """How long the oldest has been on its way at `now`; 0 where none is held."""
        # Copied first, in one step: the dictionary may change while a scrape reads it.
        since = list(self._since.values())
        return max(0.0, now - min(since)) if since else 0.0
