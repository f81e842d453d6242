"""The final answer to an order: the status, the order id or the error, the same in every reply."""

from datetime import datetime

from service.core.codes import Code, Status
from service.core.history import History
from service.core.outcome import Accepted, Refused
from service.core.record import record


@record(frozen=True, slots=True)
class Problem:
    """Why there is no order, or why it is not known; the `error` of a reply."""

    code: Code
    message: str
    http_status: int | None = None


@record(frozen=True, slots=True)
class Answer:
    """What became of an order. Accepted ones have `order_id`, the others have `problem`."""

    status: Status
    attempts: int
    first_seen: datetime
    order_id: str | None = None
    problem: Problem | None = None

    @property
    def code(self) -> str:
        """The metric label: the problem's code, or nothing for an accepted order."""
        return self.problem.code if self.problem else ""

    @property
    def repeatable(self) -> bool:
        """Whether the same message id gets this answer again without another attempt.

        A failed order may be sent again under the same message id; and of an unknown one somebody
        must find each copy: the one that was parked before may be the one that comes now.
        """
        return self.status in (Status.ACCEPTED, Status.REJECTED)


def accepted(outcome: Accepted, history: History) -> Answer:
    """The answer to an order that exists."""
    return Answer(Status.ACCEPTED, history.attempts, history.first_seen, order_id=outcome.order_id)


def refused(outcome: Refused, history: History) -> Answer:
    """The answer to an order that the API refused."""
    problem = Problem(outcome.code, outcome.message, outcome.http_status)
    return Answer(Status.REJECTED, history.attempts, history.first_seen, problem=problem)


def rejected(code: Code, message: str, history: History) -> Answer:
    """The answer to an order that the relay never sent."""
    problem = Problem(code, message)
    return Answer(Status.REJECTED, history.attempts, history.first_seen, problem=problem)


def given_up(code: Code, message: str, history: History) -> Answer:
    """The answer to an order that is not sent any more: failed, or unknown while one may exist."""
    if history.uncertain:
        problem = Problem(Code.OUTCOME_UNKNOWN, f"{message}; an order may exist")
        return Answer(Status.UNKNOWN, history.attempts, history.first_seen, problem=problem)
    problem = Problem(code, message)
    return Answer(Status.FAILED, history.attempts, history.first_seen, problem=problem)
