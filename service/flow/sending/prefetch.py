"""How many deliveries a process takes: enough to send on, and not above a minute of its share."""

FOR_EACH_PERMIT = 2
SHARE_SECONDS = 60.0
FEWEST = 2

CHANGE = 2.0
"""By so much it must differ: to change it the process must consume anew."""


class Prefetch:
    """`most` at first and at most; one that is `fixed` follows nothing."""

    def __init__(self, most: int, *, fixed: bool = False) -> None:
        self.now = most
        self._most = most
        self._fixed = fixed

    def follow(self, permits: int, rate_per_second: float) -> None:
        """Take fewer where fewer can be sent, and more again where more can."""
        if self._fixed or rate_per_second == 0:
            return
        useful = int(min(FOR_EACH_PERMIT * permits, SHARE_SECONDS * rate_per_second))
        wanted = min(self._most, max(FEWEST, useful))
        if not self.now / CHANGE < wanted < self.now * CHANGE:
            self.now = wanted
