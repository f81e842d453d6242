"""The end of an order: answered, or parked for a person without an answer."""

from datetime import datetime
from typing import Annotated

from service.core.message import Received
from service.core.settlement import Plan, Settlement
from service.flow.events.declare import (
    Attempts,
    Code,
    Declared,
    FirstSeen,
    HttpStatus,
    Level,
    Message,
    Redelivered,
    RequestId,
    event,
)

HowSettled = Annotated[
    Settlement, "how it is settled; `parked` and `dead_lettered` are in the parked queue"
]


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
    settlement: HowSettled
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
    settlement: HowSettled
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
