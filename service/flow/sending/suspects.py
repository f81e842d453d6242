"""The orders that were refused as if the account were at fault, and what is known of each."""

from collections.abc import Hashable
from math import inf

from service.core.record import record

SUSPECTS_UNTIL_CONFIRMED = 3
"""Two may be bad neighbours that happen to follow each other."""

HEARD_LATE_SECONDS = 2.0
"""What others met may be read so much later: it clears nobody who was suspected before that."""


@record(frozen=True, slots=True)
class _Suspect:
    number: int
    suspected_at: float
    again_at: float


class Suspects:
    """Attempts by their numbers, orders by what they are; times are monotonic seconds."""

    def __init__(self) -> None:
        self._suspects: dict[Hashable, _Suspect] = {}
        self._last = 0
        self._served = 0
        self._others_served_at = -inf

    def __bool__(self) -> bool:
        return bool(self._suspects)

    def __contains__(self, order: Hashable) -> bool:
        return order in self._suspects

    def add(self, order: Hashable, number: int, now: float, again_at: float) -> bool:
        """Suspect `order`; whether that says anything of the account."""
        self._suspects[order] = _Suspect(number, now, again_at)
        self._last = max(self._last, number)
        return number > self._served

    def forget(self, order: Hashable) -> None:
        """Nothing is to be found out about `order` any more."""
        self._suspects.pop(order, None)

    def served(self, number: int) -> bool:
        """Take note of a served attempt; whether it was sent after all that were suspected."""
        self._served = max(self._served, number)
        return self._last < self._served

    def others_served(self, at: float) -> None:
        """Take note of when another replica was served."""
        self._others_served_at = at

    def alone(self, order: Hashable) -> bool:
        """Whether `order` was suspected, and the account has served a later one."""
        suspect = self._suspects.get(order)
        if suspect is None:
            return False
        elsewhere = suspect.suspected_at + HEARD_LATE_SECONDS < self._others_served_at
        return elsewhere or suspect.number < self._served

    def may_ask_again(self, order: Hashable, now: float) -> bool:
        """Whether `order` may be sent: others are asked first, and it not in a hot loop."""
        suspect = self._suspects.get(order)
        return suspect is None or now >= suspect.again_at

    def enough(self) -> bool:
        """Whether so many were suspected, with none served since, that it is the account."""
        unserved = sum(each.number > self._served for each in self._suspects.values())
        return unserved >= SUSPECTS_UNTIL_CONFIRMED

    def next_change(self, now: float) -> float:
        """Seconds until one may be asked again."""
        again = (each.again_at - now for each in self._suspects.values())
        return min((seconds for seconds in again if seconds > 0), default=inf)
