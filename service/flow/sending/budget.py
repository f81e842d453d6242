"""The rate budget: evenly spaced sending slots (the generic cell rate algorithm, burst of one)."""


class RateBudget:
    """Hands out sending slots at `rate_per_second`; None hands them out at once.

    Even spacing keeps the API's own window from seeing two bursts on its two edges.
    """

    def __init__(self, rate_per_second: float | None) -> None:
        self._rate = rate_per_second
        self._next_slot = 0.0

    @property
    def rate_per_second(self) -> float | None:
        """The share of this process."""
        return self._rate

    def change_rate(self, rate_per_second: float | None) -> None:
        """Space all later slots by the new rate."""
        self._rate = rate_per_second

    def take(self, now: float) -> float:
        """Take the next slot; in how many seconds from `now` (monotonic) it begins."""
        if self._rate is None:
            return 0.0
        slot = max(now, self._next_slot)
        self._next_slot = slot + 1.0 / self._rate
        return slot - now
