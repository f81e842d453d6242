"""An account that is asked directly, and what it may be told."""

from service.core.codes import Code
from service.core.outcome import (
    Accepted,
    Outcome,
    Refused,
    Suspected,
    Throttled,
    Unknown,
    Unreached,
)
from service.flow.sending.account import Account, Attempt
from service.flow.sending.sharing import Common

SERVED = Accepted("ord_1")
REFUSED = Refused(Code.REFUSED, "no", 400)
SUSPECTED = Suspected(401, "the API answered 401")
FAILED = Unreached("connection refused")
UNKNOWN = Unknown("read time-out")


def throttled(seconds: float | None = None) -> Throttled:
    """An answer that asks to wait."""
    return Throttled(429, seconds)


class Told(Account):
    """An account that is told of one attempt at a time; orders have names."""

    def __init__(self, jitter: float = 0.5) -> None:
        super().__init__(lambda: jitter)

    def meet(self, order: str, outcome: Outcome, now: float = 0.0) -> Attempt:
        """Send the order and report what it met."""
        attempt = self.send(now)
        self.report(attempt, order, outcome, now)
        return attempt


def failing(count: int, others: Common) -> Told:
    """An account that met so many failures beside these others."""
    account = Told()
    account.hear(others, 0.0)
    for number in range(count):
        account.meet(f"o-{number}", FAILED)
    return account
