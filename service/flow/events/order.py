"""What happens to one order on its way.

A class declares its line; its constructor from what was decided stands in it.
"""

from datetime import datetime, timedelta
from typing import Annotated

from service.core.backoff import tier_for
from service.core.decision import RetryHere, RetryLater, RetryPolicy
from service.core.history import History
from service.core.message import PublicationKind, Received
from service.core.outcome import Outcome, http_status_of, label, reason_of
from service.core.request import Request
from service.core.settlement import Plan, Settlement
from service.flow.events.declare import (
    Attempts,
    Code,
    Declared,
    FirstSeen,
    HttpStatus,
    Level,
    Message,
    OrderId,
    Reason,
    Redelivered,
    RequestId,
    event,
)
from service.flow.events.labels import Waiting
from service.flow.events.replays import Replayed

_Settled = Annotated[
    Settlement, "how it is settled; `parked` and `dead_lettered` are in the parked queue"
]
_Kind = Annotated[PublicationKind, "what was published"]


@event("delivery arrived", Level.DEBUG)
class DeliveryArrived(Declared):
    """A delivery arrived."""

    request_id: RequestId
    redelivered: Redelivered


@event("attempt", Level.WARNING)
class AttemptEnded(Declared):
    """One POST to the API has an outcome; `http_status` is that of the answer, if one came."""

    request_id: OrderId
    attempts: Attempts
    outcome: Annotated[str, "the outcome of the attempt"]
    http_status: HttpStatus
    reason: Reason | None
    duration_seconds: Annotated[float, "how long the attempt took"]

    @property
    def level(self) -> Level:
        """DEBUG for an outcome that ends the order: its end has a line of its own."""
        return Level.DEBUG if self.outcome in ("accepted", "refused") else Level.WARNING

    @classmethod
    def of(
        cls, request: Request, history: History, outcome: Outcome, duration_seconds: float
    ) -> "AttemptEnded":
        """The attempt that `history` counts last."""
        status, reason = http_status_of(outcome), reason_of(outcome)
        word, attempts = label(outcome), history.attempts
        return cls(request.request_id, attempts, word, status, reason, duration_seconds)


@event("retry")
class RetryPlanned(Declared):
    """An order waits before its next attempt, and this says where and until when."""

    request_id: OrderId
    outcome: Annotated[
        str | None, "the outcome of the attempt; absent where the order was not sent"
    ]
    http_status: HttpStatus
    reason: Annotated[str | None, "what failed, or why the order was not sent"]
    attempts: Attempts
    where: Annotated[
        Waiting,
        "whether it waits in the process, or in the queue `<namespace>.retry.<tier_seconds>`",
    ]
    delay_seconds: Annotated[float, "how long it waits"]
    tier_seconds: Annotated[int, "the waiting tier that it counts for, and in a queue waits in"]
    waits_until: Annotated[datetime, "when it is tried again, or is back in the requests queue"]

    @classmethod
    def of(
        cls,
        cause: Outcome | str,
        wait: RetryHere | RetryLater,
        request: Request,
        history: History,
        policy: RetryPolicy,
        now: datetime,
    ) -> "RetryPlanned":
        """The wait after an attempt's outcome, or for a reason why the order was not sent."""
        if isinstance(wait, RetryLater):
            tier, seconds, where = wait.tier_seconds, float(wait.tier_seconds), Waiting.QUEUE
        else:
            tier = tier_for(policy.delays_seconds, wait.seconds)
            seconds, where = wait.seconds, Waiting.PROCESS
        outcome = None if isinstance(cause, str) else cause
        return cls(
            request_id=request.request_id,
            outcome=label(outcome) if outcome else None,
            http_status=http_status_of(outcome) if outcome else None,
            reason=cause if isinstance(cause, str) else reason_of(cause),
            attempts=history.attempts,
            where=where,
            delay_seconds=seconds,
            tier_seconds=tier,
            waits_until=now + timedelta(seconds=seconds),
        )


@event("published", Level.DEBUG)
class Published(Declared):
    """The broker confirmed a publication."""

    request_id: RequestId
    kind: _Kind
    duration_seconds: Annotated[float, "how long the broker took to confirm"]


@event("publish failed", Level.WARNING)
class PublishFailed(Declared):
    """A publication was not confirmed; it is published again, and its delivery stays unacked."""

    request_id: RequestId
    kind: _Kind
    reason: Reason


@event("reply unrouted", Level.WARNING)
class ReplyUnrouted(Declared):
    """The queue of a reply did not take it: it is with the unrouted, and perhaps there as well."""

    request_id: RequestId
    routing_key: Annotated[str, "where the reply was to go, on the exchange of the replies"]
    reason: Reason


@event("answered")
class Answered(Declared):
    """The end of an order: its reply is published, and the broker has confirmed it."""

    request_id: RequestId
    status: Annotated[str, "the `status` of the reply"]
    code: Code
    order: Annotated[str | None, "the order id that the API gave"]
    message: Message
    http_status: HttpStatus
    attempts: Attempts
    settlement: _Settled
    repeated: Annotated[
        bool, "whether this process had given the same answer before, to an earlier message"
    ]
    redelivered: Redelivered
    routing_key: Annotated[str, "where the reply went, on the exchange of the replies"]
    correlation_id: Annotated[
        str | None, "that of the reply; where it is absent, that is the `request_id`"
    ]
    deadline: Annotated[datetime | None, "after it the order would not have been sent any more"]
    first_seen_at: FirstSeen
    answered_at: Annotated[datetime, "the `answered_at` of the reply"]
    duration_seconds: Annotated[
        float, "from when a relay first saw the order to the confirmed reply"
    ]

    @property
    def level(self) -> Level:
        """WARNING where a person must act: the outcome is unknown, or the message is parked."""
        wanted = self.status == "unknown" or self.settlement is not Settlement.REPLIED
        return Level.WARNING if wanted else Level.INFO

    @classmethod
    def by(
        cls, plan: Plan, received: Received, deadline: datetime | None, now: datetime
    ) -> "Answered | None":
        """The reply of a plan; None where it has none."""
        answer, reply = plan.answer, plan.reply
        if answer is None or reply is None:
            return None
        problem, message_id = answer.problem, received.message.message_id
        correlation_id = reply.message.correlation_id
        return cls(
            request_id=message_id,
            status=answer.status,
            code=answer.code or None,
            order=answer.order_id,
            message=problem.message if problem else None,
            http_status=problem.http_status if problem else None,
            attempts=answer.attempts,
            settlement=plan.settlement,
            repeated=plan.repeated,
            redelivered=received.redelivered,
            routing_key=reply.routing_key,
            correlation_id=None if correlation_id == message_id else correlation_id,
            deadline=deadline,
            first_seen_at=answer.first_seen,
            answered_at=reply.message.timestamp or now,
            duration_seconds=(now - answer.first_seen).total_seconds(),
        )


@event("parked", Level.WARNING)
class ParkedUnanswered(Declared):
    """The end of a message that is parked for a person, and that cannot be replied to."""

    request_id: RequestId
    code: Code
    message: Message
    settlement: _Settled
    redelivered: Redelivered
    first_seen_at: FirstSeen

    @classmethod
    def by(cls, plan: Plan, received: Received) -> "ParkedUnanswered | None":
        """The parked message of a plan; None where the order is not over, or was answered."""
        answer = plan.answer
        if answer is None or plan.reply is not None:
            return None
        return cls(
            request_id=received.message.message_id,
            code=answer.code or None,
            message=answer.problem.message if answer.problem else None,
            settlement=plan.settlement,
            redelivered=received.redelivered,
            first_seen_at=answer.first_seen,
        )


@event("settled", Level.DEBUG)
class Settled(Declared):
    """The delivery is settled at the broker."""

    request_id: RequestId
    settlement: _Settled


@event("abandoned, the broker delivers it again")
class Abandoned(Declared):
    """A delivery's connection is gone: the broker delivers it again, nothing is published."""

    request_id: RequestId


OrderEvent = (
    DeliveryArrived
    | AttemptEnded
    | RetryPlanned
    | Published
    | PublishFailed
    | ReplyUnrouted
    | Answered
    | ParkedUnanswered
    | Settled
    | Abandoned
    | Replayed
)
