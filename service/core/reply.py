"""Building a reply, and saying whether a message can be replied to (contract: "A reply")."""

import json
from datetime import datetime

from service.core.answer import Answer
from service.core.message import Message, Publication, PublicationKind, Received
from service.core.times import to_rfc3339

TYPE = "order.reply.v1"
APP_ID = "order-relay"
TRACEPARENT = "traceparent"


def identified(received: Received) -> bool:
    """Whether a reply to `received` can name it by its message id."""
    return _encodable(received.message.message_id)


def addressed(received: Received) -> bool:
    """Whether `received` says where its reply goes, or what the reply correlates with."""
    return _encodable(received.message.reply_to) or _encodable(received.message.correlation_id)


def build_reply(received: Received, answer: Answer, now: datetime) -> Publication:
    """The reply that carries `answer` to the producer of `received`."""
    asked = received.message
    message_id = _kept(asked.message_id)
    traceparent = asked.headers.get(TRACEPARENT)
    headers = {TRACEPARENT: traceparent} if _encodable(traceparent) else {}
    return Publication(
        kind=PublicationKind.REPLY,
        routing_key=_kept(asked.reply_to) or f"order.{answer.status}",
        message=Message(
            body=_body(message_id, answer, now),
            message_id=message_id,
            correlation_id=_kept(asked.correlation_id) or message_id,
            content_type="application/json",
            type=TYPE,
            app_id=APP_ID,
            timestamp=now,
            headers=headers,
        ),
    )


def _body(request_id: str | None, answer: Answer, now: datetime) -> bytes:
    body: dict[str, object] = {"request_id": request_id, "status": answer.status}
    if answer.order_id is not None:
        body["order"] = answer.order_id
    if answer.problem is not None:
        error = {"code": answer.problem.code, "message": answer.problem.message}
        status = answer.problem.http_status
        body["error"] = error if status is None else error | {"http_status": status}
    body["attempts"] = answer.attempts
    body["first_seen_at"] = to_rfc3339(answer.first_seen)
    body["answered_at"] = to_rfc3339(now)
    return json.dumps(body).encode("ascii")


def _kept(value: str | None) -> str | None:
    return value if _encodable(value) else None


def _encodable(value: object) -> bool:
    # A text that is not UTF-8 holds lone surrogates, which would break the publishing connection.
    if not isinstance(value, str) or not value:
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
