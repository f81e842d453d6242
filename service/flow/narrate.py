"""The events of one delivery's way, built from what was decided."""

from datetime import datetime
from typing import assert_never

from service.core.answer import Answer
from service.core.backoff import tier_for
from service.core.decision import RetryHere, RetryLater, RetryPolicy
from service.core.history import History
from service.core.message import Publication
from service.core.outcome import (
    Accepted,
    Misconfigured,
    Outcome,
    Refused,
    Throttled,
    Unknown,
    Unreached,
    label,
)
from service.core.request import Request
from service.flow.events import Answered, AttemptEnded, Published, RetryPlanned


def attempt(
    request: Request, history: History, outcome: Outcome, duration_seconds: float
) -> AttemptEnded:
    """What an attempt came to; `attempt` is how many have counted so far, this one included."""
    return AttemptEnded(
        request_id=request.request_id,
        attempt=history.attempts,
        outcome=label(outcome),
        http_status=_http_status(outcome),
        reason=_reason(outcome),
        duration_seconds=duration_seconds,
    )


def retry(
    request: Request, outcome: Outcome, decision: RetryHere | RetryLater, policy: RetryPolicy
) -> RetryPlanned:
    """That an order waits, where and how long."""
    if isinstance(decision, RetryLater):
        tier, seconds, where = decision.tier_seconds, float(decision.tier_seconds), "queue"
    else:
        tier = tier_for(policy.delays_seconds, decision.seconds)
        seconds, where = decision.seconds, "process"
    return RetryPlanned(request.request_id, label(outcome), seconds, tier, where)


def answered(message_id: str | None, answer: Answer, now: datetime, *, repeated: bool) -> Answered:
    """That the producer was told."""
    problem = answer.problem
    return Answered(
        request_id=message_id,
        status=answer.status,
        code=answer.code,
        order=answer.order_id,
        message=problem.message if problem else None,
        http_status=problem.http_status if problem else None,
        attempts=answer.attempts,
        duration_seconds=(now - answer.first_seen).total_seconds(),
        repeated=repeated,
    )


def published(publication: Publication, duration_seconds: float) -> Published:
    """That the broker has it."""
    return Published(publication.message.message_id, publication.kind, duration_seconds)


def _reason(outcome: Outcome) -> str | None:
    match outcome:
        case Accepted() | Throttled():
            return None
        case Refused():
            return outcome.message
        case Misconfigured() | Unreached() | Unknown():
            return outcome.reason
        case _ as never:  # pragma: no cover
            assert_never(never)


def _http_status(outcome: Outcome) -> int | None:
    match outcome:
        case Unreached():
            return None
        case Accepted() | Refused() | Throttled() | Misconfigured() | Unknown():
            return outcome.http_status
        case _ as never:  # pragma: no cover
            assert_never(never)
