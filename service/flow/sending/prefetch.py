"""How many deliveries a process takes: enough to send on, and not above a minute of its share.

What waits for something else than the API, such as a retry or a reply queue, comes on top: it must
not keep others from the API.
"""

from service.flow.sending.beginning import Beginning
from service.flow.sending.concurrency import FIRST

FOR_EACH_PERMIT = 2
SHARE_SECONDS = 60.0
FEWEST = 2

CHANGE = 2.0
"""By so much it must differ: to change it the process must consume anew."""

PATIENCE_SECONDS = 30.0
"""How long fewer must be enough: an API that is slow for a moment is soon used in full again."""


class Prefetch:
    """Few at first and `most` at most; one that is `fixed` follows nothing, `careful` begins low.

    Each replica sends its own in order: what they hold too much is sent out of order.
    """

    def __init__(self, most: int, *, fixed: bool = False, careful: bool = False) -> None:
        self.now = most if fixed else min(most, FOR_EACH_PERMIT * FIRST)
        self.beginning = Beginning(over=not careful)
        self._fewer_since: float | None = None
        self._useful = self.now
        self.most = most
        self._fixed = fixed

    def follow(
        self, permits: int, rate_per_second: float, now: float, *, elsewhere: int, waiting: bool
    ) -> None:
        """Take more where more can be sent, and fewer where for a while they wait nevertheless.

        `elsewhere` is how many are held that wait for something else than the API.
        """
        if self._fixed or rate_per_second == 0:
            return
        useful = int(min(FOR_EACH_PERMIT * permits, SHARE_SECONDS * rate_per_second))
        wanted = self._useful = min(self.most, max(FEWEST, useful) + elsewhere)
        if wanted > self.now:
            # At once: whoever is held and not sent must not keep the API waiting.
            self.now = min(self.most, max(wanted, int(CHANGE * self.now)))
        if not waiting or wanted > self.now / CHANGE:
            self._fewer_since = None
            return
        self._fewer_since = now if self._fewer_since is None else self._fewer_since
        if now >= self._fewer_since + PATIENCE_SECONDS:
            self.now, self._fewer_since = wanted, None

    def anew(self) -> None:
        """Take what is useful while nothing is consumed: what waited longest is then sent first."""
        self.now, self._fewer_since = self._useful, None
