"""What limits sending, and when a change of it is told: to the metrics, and to a person."""

from collections import deque

from service.core.record import record
from service.flow.events import Emit
from service.flow.events.labels import BudgetSource, LimitsChange
from service.flow.events.process import LimitsChanged

CLEARLY = 0.1
CREEPING_SECONDS = 10.0
"""A ceiling creeps by a per cent a second: so late the metrics show what is no clear change."""

MOST_LINES, WITHIN_SECONDS = 4, 60.0
"""Lines at the usual level: a hundred replicas that start one after another are no flood. That it
stands by, or no longer, is told in any case."""


@record(frozen=True, slots=True, kw_only=True)
class Limits:
    """At a moment; `share` is this process's part, the two rates are of all replicas together."""

    concurrency: int
    set_per_second: float | None = None
    ceiling_per_second: float | None = None
    share: float = 1.0
    peers: int = 1
    stands_by: bool = False

    @property
    def budget_per_second(self) -> float | None:
        """What all replicas share."""
        known = (self.set_per_second, self.ceiling_per_second)
        return min((each for each in known if each is not None), default=None)

    @property
    def source(self) -> BudgetSource | None:
        """Where the budget comes from."""
        if self.budget_per_second is None:
            return None
        is_set = self.budget_per_second == self.set_per_second
        return BudgetSource.SET if is_set else BudgetSource.LEARNED

    @property
    def rate_per_second(self) -> float | None:
        """What this process may send."""
        budget = self.budget_per_second
        return None if budget is None else budget * self.share

    def changed(self, change: LimitsChange | None) -> LimitsChanged:
        """The event that says all of it."""
        return LimitsChanged(
            concurrency=self.concurrency,
            rate_per_second=self.rate_per_second,
            budget_per_second=self.budget_per_second,
            source=self.source,
            set_per_second=self.set_per_second,
            ceiling_per_second=self.ceiling_per_second,
            peers=self.peers,
            stands_by=self.stands_by,
            change=change,
        )


def changed_clearly(before: Limits, after: Limits) -> bool:
    """Whether anything is another by a tenth, or the source or the replicas at all."""
    pairs = (
        (before.concurrency, after.concurrency),
        (before.set_per_second, after.set_per_second),
        (before.ceiling_per_second, after.ceiling_per_second),
        (before.rate_per_second, after.rate_per_second),
    )
    others = _plain(before) != _plain(after)
    return others or any(_differ(*pair) for pair in pairs)


def change_for_a_person(before: Limits | None, after: Limits) -> LimitsChange | None:
    """What a person should know of; a share or a concurrency that moves is nothing of it."""
    if before is None:
        return LimitsChange.START
    budgets = before.budget_per_second, after.budget_per_second
    if before.source is not after.source or _differ(*budgets):
        return LimitsChange.BUDGET
    if before.stands_by is not after.stands_by:
        return LimitsChange.STANDBY
    if before.peers != after.peers:
        return LimitsChange.PEERS
    if (before.rate_per_second == 0) is not (after.rate_per_second == 0):
        return LimitsChange.SHARE
    return None


class LimitsTold:
    """Tells of the limits; a line that would be one too many a minute says it later."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._told: tuple[Limits, float] | None = None
        self._in_a_line: Limits | None = None
        self._lines: deque[float] = deque(maxlen=MOST_LINES)

    def look(self, limits: Limits, now: float) -> None:
        """Emit what they are, where that is worth it."""
        change = change_for_a_person(self._in_a_line, limits)
        many = len(self._lines) == MOST_LINES and now < self._lines[0] + WITHIN_SECONDS
        if many and change is not LimitsChange.STANDBY:
            # Else nobody knew why a process that began with many others does not consume.
            change = None
        if change is None and not self._is_news(limits, now):
            return
        if change is not None:
            self._in_a_line = limits
            self._lines.append(now)
        self._told = (limits, now)
        self._emit(limits.changed(change))

    def _is_news(self, limits: Limits, now: float) -> bool:
        if self._told is None:
            return True
        before, at = self._told
        creeps = limits != before and now >= at + CREEPING_SECONDS
        return creeps or changed_clearly(before, limits)


def _plain(limits: Limits) -> tuple[BudgetSource | None, int, bool]:
    return limits.source, limits.peers, limits.stands_by


def _differ(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(after - before) > CLEARLY * max(before, after)
