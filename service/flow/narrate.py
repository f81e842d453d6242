"""The events of one delivery's way, built from what was decided."""

from datetime import datetime, timedelta
from typing import assert_never

from service.core.backoff import tier_for
from service.core.decision import RetryHere, RetryLater, RetryPolicy
from service.core.history import History
from service.core.message import Publication, Received
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
from service.core.settlement import Plan
from service.flow.events import (
    Answered,
    AttemptEnded,
    ParkedUnanswered,
    Published,
    RetryPlanned,
    Waiting,
)


def attempt(
    request: Request, history: History, outcome: Outcome, duration_seconds: float
) -> AttemptEnded:
    """What an attempt came to; `attempts` is how many have counted so far, this one included."""
    return AttemptEnded(
        request_id=request.request_id,
        attempts=history.attempts,
        outcome=label(outcome),
        http_status=_http_status(outcome),
        reason=_reason(outcome),
        duration_seconds=duration_seconds,
    )


def retry(
    request: Request,
    history: History,
    outcome: Outcome,
    decision: RetryHere | RetryLater,
    policy: RetryPolicy,
    now: datetime,
) -> RetryPlanned:
    """That an order waits after an attempt, where and until when."""
    if isinstance(decision, RetryLater):
        tier, seconds, where = decision.tier_seconds, float(decision.tier_seconds), Waiting.QUEUE
    else:
        tier = tier_for(policy.delays_seconds, decision.seconds)
        seconds, where = decision.seconds, Waiting.PROCESS
    return RetryPlanned(
        request_id=request.request_id,
        outcome=label(outcome),
        http_status=_http_status(outcome),
        reason=_reason(outcome),
        attempts=history.attempts,
        where=where,
        delay_seconds=seconds,
        tier_seconds=tier,
        waits_until=now + timedelta(seconds=seconds),
    )


def turned_back(
    request: Request, history: History, later: RetryLater, why: str, now: datetime
) -> RetryPlanned:
    """That an order waits in a queue because this process cannot send it now."""
    return RetryPlanned(
        request_id=request.request_id,
        outcome=None,
        http_status=None,
        reason=why,
        attempts=history.attempts,
        where=Waiting.QUEUE,
        delay_seconds=float(later.tier_seconds),
        tier_seconds=later.tier_seconds,
        waits_until=now + timedelta(seconds=later.tier_seconds),
    )


def answered(
    received: Received, plan: Plan, deadline: datetime | None, now: datetime, *, repeated: bool
) -> Answered | None:
    """That the producer was told; None where the plan tells it nothing."""
    answer, reply = plan.answer, plan.reply
    if answer is None or reply is None:
        return None
    problem, message_id = answer.problem, received.message.message_id
    correlation_id = reply.message.correlation_id
    return Answered(
        request_id=message_id,
        status=answer.status,
        code=answer.code or None,
        order=answer.order_id,
        message=problem.message if problem else None,
        http_status=problem.http_status if problem else None,
        attempts=answer.attempts,
        settlement=plan.settlement,
        repeated=repeated,
        redelivered=received.redelivered,
        routing_key=reply.routing_key,
        correlation_id=None if correlation_id == message_id else correlation_id,
        deadline=deadline,
        first_seen_at=answer.first_seen,
        answered_at=reply.message.timestamp or now,
        duration_seconds=(now - answer.first_seen).total_seconds(),
    )


def parked_unanswered(received: Received, plan: Plan) -> ParkedUnanswered | None:
    """That a message is parked and nobody knows of it; None where it is not over, or was told."""
    answer = plan.answer
    if answer is None or plan.reply is not None:
        return None
    return ParkedUnanswered(
        request_id=received.message.message_id,
        code=answer.code or None,
        message=answer.problem.message if answer.problem else None,
        settlement=plan.settlement,
        redelivered=received.redelivered,
        first_seen_at=answer.first_seen,
    )


def published(publication: Publication, duration_seconds: float) -> Published:
    """That the broker has it."""
    return Published(publication.message.message_id, publication.kind, duration_seconds)


def _reason(outcome: Outcome) -> str | None:
    match outcome:
        case Accepted():
            return None
        case Throttled():
            return "the API asks to wait"
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
