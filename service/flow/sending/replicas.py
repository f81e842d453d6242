"""What this process says to the other replicas, and what it makes of what they say."""

from math import inf

from service.flow.sending.account import Account
from service.flow.sending.limits import Limits
from service.flow.sending.pace import BURST_SECONDS, Pace
from service.flow.sending.said import State
from service.flow.sending.sharing import Sharing

LEAST_PER_SECOND = 1 / BURST_SECONDS
"""Of each replica that sends: calls of several that are not in step meet at the API, which takes as
many at once as its burst holds."""

IDLE_WEIGHT = 0.1
BUSY_SECONDS = 10.0
"""How long after orders waited the full part is asked for still."""


class Replicas:
    """Passes between `Sharing` and the two that decide, the account and the pace."""

    def __init__(self, sharing: Sharing, account: Account, pace: Pace) -> None:
        self._sharing = sharing
        self._account = account
        self._pace = pace
        self._own_limit = pace.limit_per_second
        self._busy_until = -inf
        self._weight = IDLE_WEIGHT
        self._able = True
        self.stands_by = False
        self._news = (IDLE_WEIGHT, False, -inf)

    def hear(self, now: float) -> None:
        """Take over what the others know, which has changed."""
        common = self._sharing.common()
        waits = self._account.waits
        waited_until = waits.until
        self._account.hear(common, now)
        if common.ceiling is not None:
            self._pace.hear(common.ceiling, common.lessons, now, waits.seconds(now))
        if waits.until > waited_until:
            self._pace.resume(waits.until, now)
        self._pace.others_served_at = common.served_at
        budgets = [each for each in (self._own_limit, common.budget) if each is not None]
        self._pace.limit_per_second = min(budgets, default=None)

    def state(self, now: float) -> State:
        """What the others are to know of this one."""
        learned = self._pace.learned_per_second
        return State(
            weight=self._weight,
            not_before_in=max(0.0, self._account.waits.asked_until - now),
            ceiling=None if learned == inf else learned,
            lessons=self._pace.lessons,
            budget=self._own_limit,
            troubled=self._account.troubled,
            served_ago=self._account.served_ago(now),
            able=self._able,
        )

    def limits(self, concurrency: int) -> Limits:
        """What limits sending now."""
        learned = self._pace.learned_per_second
        return Limits(
            concurrency=concurrency,
            set_per_second=self._pace.limit_per_second,
            ceiling_per_second=None if learned == inf else learned,
            share=self._sharing.share(),
            peers=self._sharing.count(),
            stands_by=self.stands_by,
        )

    def weigh(self, now: float, *, waiting: bool, fresh: bool, held: bool) -> None:
        """Ask for as large a part of the limits as is of use; say at once what has changed."""
        if self._account.one_asks_for_all and not fresh:
            # Who has other orders asks: what these meet again may be their own fault.
            self._busy_until = now
        elif waiting:
            self._busy_until = now + BUSY_SECONDS
        weight = 1.0 if now < self._busy_until else IDLE_WEIGHT
        self._able = not held
        self.stands_by = self._is_one_too_many()
        if held or self.stands_by:
            weight = 0.0
        news = (weight, self._account.troubled, self._account.waits.asked_until)
        self._weight = weight
        if news != self._news:
            self._news = news
            self._sharing.changed()

    def _is_one_too_many(self) -> bool:
        """Whether the rate is too low for as many replicas as come before this one and itself."""
        limit = self._pace.limit_per_second
        rate = min(self._pace.learned_per_second, inf if limit is None else limit)
        if rate == inf:
            return False
        # It begins again a little later: a rate that is learned goes up and down.
        more = 0.5 if self.stands_by else 0.0
        rank = self._sharing.rank()
        return rank > 0 and rank + 1 + more > rate / LEAST_PER_SECOND

    @property
    def may_probe(self) -> bool:
        """Whether a probe is this one's to send: where all are served nothing, one asks."""
        return not self._account.one_asks_for_all or self._sharing.leads()
