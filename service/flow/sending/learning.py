"""What is learned from an attempt's outcome: by the account, the concurrency and the pace."""

from service.core.outcome import Accepted, Outcome, Refused, Throttled, Unknown, Unreached
from service.flow.sending.account import Account, Attempt
from service.flow.sending.concurrency import Concurrency
from service.flow.sending.line import Turn
from service.flow.sending.pace import Pace


class Learning:
    """Passes each outcome on to whom it says something."""

    def __init__(self, account: Account, concurrency: Concurrency, pace: Pace) -> None:
        self._account = account
        self._concurrency = concurrency
        self._pace = pace
        self._last_throttled: Turn | None = None

    def report(
        self, turn: Turn, attempt: Attempt, outcome: Outcome, in_flight: int, now: float
    ) -> bool:
        """Learn from it; whether the rate is another by it."""
        waits = self._account.waits
        asked = waits.asked
        self._account.report(attempt, turn, outcome, now)
        if isinstance(outcome, Throttled):
            turn.throttle(told=outcome.retry_after_seconds is not None, until=waits.until)
            # The same one again says nothing of the rate.
            lesson = waits.asked > asked and turn is not self._last_throttled
            if lesson:
                self._pace.throttled(now, waits.seconds(now))
            self._last_throttled = turn
            return lesson
        failed = isinstance(outcome, Unknown | Unreached)
        seconds = now - turn.sent_at
        self._concurrency.ended(seconds, in_flight, now, failed=failed)
        if isinstance(outcome, Accepted | Refused):
            self._pace.served(now)
            self._pace.held_up(turn.sent_at, self._concurrency.held_up_seconds(seconds), now)
        return False
