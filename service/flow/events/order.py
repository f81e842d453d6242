"""What happens to one order on its way.

A class declares its line; its constructor from what was decided stands in it.
"""

from datetime import datetime, timedelta
from typing import Annotated

from service.core.backoff import tier_for
from service.core.decision import RetryHere, RetryLater, RetryPolicy
from service.core.history import History
from service.core.message import PublicationKind
from service.core.outcome import Outcome, http_status_of, label, reason_of
from service.core.request import Request
from service.flow.events.declare import (
    Attempts,
    Declared,
    HttpStatus,
    Level,
    OrderId,
    Reason,
    Redelivered,
    RequestId,
    event,
)
from service.flow.events.ends import Answered, HowSettled, ParkedUnanswered
from service.flow.events.labels import Waiting
from service.flow.events.replays import Replayed

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


@event("settled", Level.DEBUG)
class Settled(Declared):
    """The delivery is settled at the broker."""

    request_id: RequestId
    settlement: HowSettled


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
