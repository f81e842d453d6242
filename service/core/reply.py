"""Building a reply, and saying whether a message can be replied to (contract: "A reply")."""

import json
from datetime import datetime
from typing import NotRequired, TypedDict

from service.core.answer import Answer
from service.core.codes import Code, Status
from service.core.message import Message, Publication, PublicationKind, Received
from service.core.times import to_rfc3339

TYPE = "order.reply.v1"
APP_ID = "order-relay"
TRACEPARENT = "traceparent"


class ErrorBody(TypedDict):
    """Why there is no order, or why it is not known."""

    code: Code
    message: str
    http_status: NotRequired[int]


class _End(TypedDict, total=False):
    """An accepted one has `order`, each other one `error`."""

    order: str
    error: ErrorBody


class ReplyBody(_End):
    """The JSON of a reply."""

    request_id: str | None
    status: Status
    attempts: int
    first_seen_at: str
    answered_at: str


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
    end: _End = {}
    if answer.order_id is not None:
        end["order"] = answer.order_id
    if answer.problem is not None:
        end["error"] = {"code": answer.problem.code, "message": answer.problem.message}
        if answer.problem.http_status is not None:
            end["error"]["http_status"] = answer.problem.http_status
    body: ReplyBody = {
        "request_id": request_id,
        "status": answer.status,
        **end,
        "attempts": answer.attempts,
        "first_seen_at": to_rfc3339(answer.first_seen),
        "answered_at": to_rfc3339(now),
    }
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
