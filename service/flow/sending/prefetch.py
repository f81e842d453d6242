"""How many deliveries a process takes: enough to send on, and not above a minute of its share."""

from service.flow.sending.beginning import Beginning

FOR_EACH_PERMIT = 2
SHARE_SECONDS = 60.0
FEWEST = 2

CHANGE = 2.0
"""By so much it must differ: to change it the process must consume anew."""

PATIENCE_SECONDS = 30.0
"""How long fewer must be enough: an API that is slow for a moment is soon used in full again."""


class Prefetch:
    """`most` at first and at most; one that is `fixed` follows nothing, `careful` begins low."""

    def __init__(self, most: int, *, fixed: bool = False, careful: bool = False) -> None:
        self.now = most
        self.beginning = Beginning(over=not careful)
        self._fewer_since: float | None = None
        self._most = most
        self._fixed = fixed

    def follow(self, permits: int, rate_per_second: float, now: float) -> None:
        """Take fewer where fewer can be sent for a while, and more where more can."""
        if self._fixed or rate_per_second == 0:
            return
        useful = int(min(FOR_EACH_PERMIT * permits, SHARE_SECONDS * rate_per_second))
        wanted = min(self._most, max(FEWEST, useful))
        if wanted > self.now / CHANGE:
            self._fewer_since = None
            self.now = wanted if wanted >= self.now * CHANGE else self.now
            return
        self._fewer_since = now if self._fewer_since is None else self._fewer_since
        if now >= self._fewer_since + PATIENCE_SECONDS:
            self.now, self._fewer_since = wanted, None
