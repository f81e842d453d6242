"""When a channel on which the broker refuses publications is thrown away for a new one.

A channel of RabbitMQ 3.10 whose first publication to a quorum queue comes while the queue's leader
has just died was seen to refuse everything for that queue from then on. From here it looks like a
full queue, which a new channel does not help: so the patience grows (docs/decisions/0018).
"""

FIRST_PATIENCE_SECONDS = 5.0
LONGEST_PATIENCE_SECONDS = 600.0
QUIET_SECONDS = 60.0
"""So long without a refusal, the trouble is over; longer than the pause between two tries."""


class Refusals:
    """Times are monotonic seconds."""

    def __init__(self, first_patience_seconds: float = FIRST_PATIENCE_SECONDS) -> None:
        self._first_patience_seconds = first_patience_seconds
        self._patience_seconds = first_patience_seconds
        self._since: float | None = None
        self._last = 0.0

    def record(self, now: float) -> bool:
        """Note a refusal at `now`; whether the channel is to be thrown away for it."""
        if self._since is None or now - self._last > QUIET_SECONDS:
            self._since = now
            self._patience_seconds = self._first_patience_seconds
        self._last = now
        if now - self._since < self._patience_seconds:
            return False
        self._since = now
        self._patience_seconds = min(self._patience_seconds * 2, LONGEST_PATIENCE_SECONDS)
        return True
