"""When a channel on which the broker refuses publications is replaced by a new one.

A channel of RabbitMQ 3.10 can refuse everything for a quorum queue for good, if its first
publication to the queue comes just after the queue's leader died. That cannot be told from a full
queue, for which a new channel does not help: so the patience grows (docs/decisions/0018).
"""

FIRST_PATIENCE_SECONDS = 5.0
LONGEST_PATIENCE_SECONDS = 600.0
QUIET_SECONDS = 60.0
"""After this time without a refusal the fault is over; longer than the pause between two tries."""


class Refusals:
    """Times are monotonic seconds."""

    def __init__(self, first_patience_seconds: float = FIRST_PATIENCE_SECONDS) -> None:
        self._first_patience_seconds = first_patience_seconds
        self._patience_seconds = first_patience_seconds
        self._since: float | None = None
        self._last = 0.0

    def record(self, now: float) -> bool:
        """Note a refusal at `now`; whether the channel is to be replaced."""
        if self._since is None or now - self._last > QUIET_SECONDS:
            self._since = now
            self._patience_seconds = self._first_patience_seconds
        self._last = now
        if now - self._since < self._patience_seconds:
            return False
        self._since = now
        self._patience_seconds = min(self._patience_seconds * 2, LONGEST_PATIENCE_SECONDS)
        return True
