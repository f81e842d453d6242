"""The examples of the contract: requests as a producer sends them, replies as the relay builds."""

import json
from datetime import UTC, datetime, timedelta

from service.core.answer import Answer, Problem
from service.core.codes import Code, Status
from service.core.message import Message, Received
from service.core.reply import build_reply

SENT = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
REQUEST = Message(
    body=b"",
    message_id="6f9b1a52-3c0e-4b52-9d1c-0a4a5d1f7e10",
    reply_to="shop-a.eu",
    correlation_id="basket-881",
    content_type="application/json",
    timestamp=SENT,
)
ORDERS: dict[str, dict[str, object]] = {
    "a plain order": {"service": 42, "link": "https://example.com/p/1", "quantity": 1000},
    "for a username": {"service": 42, "username": "somebody", "quantity": 1000},
    "five runs, an hour apart, and a parameter that is passed on": {
        "service": 42,
        "link": "https://example.com/p/1",
        "quantity": 1000,
        "runs": 5,
        "interval": 60,
        "comments": "first\nsecond",
    },
}
_ANSWERS = {
    Status.ACCEPTED: Answer(Status.ACCEPTED, 1, SENT, order_id="ord_01HG9X7KJP4N"),
    Status.REJECTED: Answer(
        Status.REJECTED,
        1,
        SENT,
        problem=Problem(Code.INSUFFICIENT_BALANCE, "Insufficient balance", 400),
    ),
    Status.FAILED: Answer(
        Status.FAILED,
        0,
        SENT,
        problem=Problem(Code.DEADLINE_PASSED, "the deadline has passed"),
    ),
    Status.UNKNOWN: Answer(
        Status.UNKNOWN,
        12,
        SENT,
        problem=Problem(
            Code.OUTCOME_UNKNOWN, "no certain answer in 12 attempts; an order may exist"
        ),
    ),
}


def reply(status: Status) -> object:
    """The body of a reply with this status, by the code that the relay runs."""
    answered = SENT + timedelta(milliseconds=120)
    built = build_reply(Received(REQUEST), _ANSWERS[status], answered)
    body: object = json.loads(built.message.body)
    return body
