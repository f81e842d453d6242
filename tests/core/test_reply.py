"""The reply: its JSON, its properties, and what of the request comes back."""

import json
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.answer import Answer, Problem
from service.core.codes import Code, Status
from service.core.message import Message, PublicationKind
from service.core.reply import addressed, build_reply, identified
from tests.core.build import (
    NOW,
    ahead,
    an_answer,
    examples,
    message,
    received,
    reply_body,
)

ACCEPTED = an_answer(Status.ACCEPTED)
SEEN, ANSWERED = "2026-01-31T12:00:00.000000Z", "2026-01-31T12:00:02.500000Z"


def reply_to(answer: Answer = ACCEPTED, **changes: Any) -> Message:
    """The reply to a good request, once these attributes of it are changed."""
    return build_reply(received(message(**changes)), answer, ahead(2.5)).message


def error(code: str, text: str, **more: object) -> dict[str, object]:
    """The member of a reply that says why."""
    return {"error": {"code": code, "message": text, **more}}


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (Answer(Status.ACCEPTED, 1, NOW, order_id="ord_1"), {"order": "ord_1"}),
        (
            Answer(Status.REJECTED, 2, NOW, problem=Problem(Code.REFUSED, "No", 400)),
            error("refused", "No", http_status=400),
        ),
        (
            Answer(Status.FAILED, 0, NOW, problem=Problem(Code.TOO_OLD, "too late")),
            error("too_old", "too late"),
        ),
        (
            Answer(Status.UNKNOWN, 12, NOW, problem=Problem(Code.OUTCOME_UNKNOWN, "perhaps")),
            error("outcome_unknown", "perhaps"),
        ),
    ],
    ids=["accepted", "rejected", "failed", "unknown"],
)
def test_the_body_of_each_status(answer: Answer, result: dict[str, object]) -> None:
    """Exactly these members, in this order."""
    found = json.loads(reply_to(answer).body)
    body = {
        "request_id": "o-1",
        "status": str(answer.status),
        **result,
        "attempts": answer.attempts,
        "first_seen_at": SEEN,
        "answered_at": ANSWERED,
    }
    assert found == body
    assert list(found) == list(body)


def test_the_properties() -> None:
    """All that the contract promises, and no property of the request's that is not for a reply."""
    publication = build_reply(received(), ACCEPTED, ahead(2.5))
    assert (publication.kind, publication.routing_key) == (PublicationKind.REPLY, "shop.results")
    assert publication.message == Message(
        body=publication.message.body,
        message_id="o-1",
        correlation_id="c-1",
        content_type="application/json",
        type="order.reply.v1",
        app_id="order-relay",
        timestamp=ahead(2.5),
    )


def test_times_are_in_utc_wherever_they_come_from() -> None:
    """RFC 3339 with a Z."""
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-8)))
    body = reply_body(build_reply(received(), Answer(Status.ACCEPTED, 1, elsewhere), elsewhere))
    assert (body["first_seen_at"], body["answered_at"]) == (SEEN, SEEN)


@pytest.mark.parametrize(
    ("correlation_id", "expected"), [("c-1", "c-1"), (None, "o-1"), ("", "o-1"), ("\udcff", "o-1")]
)
def test_the_message_id_stands_in_for_the_correlation_id(
    correlation_id: str | None, expected: str
) -> None:
    """A producer can always tell what a reply is about."""
    assert reply_to(correlation_id=correlation_id).correlation_id == expected


@pytest.mark.parametrize("asked", [None, "", "\udcff"], ids=["absent", "empty", "undecodable"])
@pytest.mark.parametrize("status", list(Status))
def test_without_a_reply_to_the_key_names_the_status(asked: str | None, status: Status) -> None:
    """`order.<status>`, so that consumers can bind to what they care about."""
    code = None if status is Status.ACCEPTED else Code.REFUSED
    found = build_reply(received(message(reply_to=asked)), an_answer(status, code), NOW)
    assert found.routing_key == f"order.{status}"


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({"traceparent": "00-abc-def-01", "tracestate": "x"}, {"traceparent": "00-abc-def-01"}),
        ({}, {}),
        ({"traceparent": ""}, {}),
        ({"traceparent": None}, {}),
        ({"traceparent": b"00-abc"}, {}),
        ({"traceparent": 7}, {}),
        ({"traceparent": "\udcff"}, {}),
    ],
    ids=["text", "absent", "empty", "none", "bytes", "number", "undecodable"],
)
def test_a_traceparent_of_text_comes_back(
    headers: dict[str, object], kept: dict[str, object]
) -> None:
    """No other header of the request's does."""
    assert reply_to(headers=headers).headers == kept


def test_undecodable_texts_are_dropped() -> None:
    """What has no UTF-8 form would break the connection that replies go out on."""
    reply = reply_to(message_id="\udcff", correlation_id="c-\udcff")
    assert (reply.message_id, reply.correlation_id) == (None, None)
    assert json.loads(reply.body)["request_id"] is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "yes"),
        ({"reply_to": None, "correlation_id": None}, "yes"),
        ({"message_id": None, "correlation_id": None}, "yes"),
        ({"message_id": None, "reply_to": None}, "yes"),
        ({"message_id": None, "reply_to": None, "correlation_id": None}, "no"),
        ({"message_id": "", "reply_to": "", "correlation_id": ""}, "no"),
        ({"message_id": "\udcff", "reply_to": "\udcff", "correlation_id": "\udcff"}, "no"),
    ],
    ids=["all", "message-id", "reply-to", "correlation-id", "none", "empty", "undecodable"],
)
def test_who_can_be_answered(changes: dict[str, Any], expected: str) -> None:
    """Somebody must be able to tell what the reply is about."""
    asked = received(message(**changes))
    assert (identified(asked) or addressed(asked)) == (expected == "yes")


def test_a_message_id_alone_is_no_address() -> None:
    """What is too long to identify an order is answered only where an address is given."""
    assert not addressed(received(message(message_id="o-1", correlation_id=None, reply_to=None)))
    assert addressed(received(message(message_id=None, correlation_id="c")))


# Text as the tolerant decoder leaves it: what is no UTF-8 becomes lone surrogates.
texts = (
    st.none() | st.text() | st.binary(max_size=9).map(lambda b: b.decode(errors="surrogateescape"))
)
answers = st.builds(
    Answer,
    st.sampled_from(Status),
    st.integers(0, 99),
    st.just(NOW),
    order_id=st.none() | st.text(st.characters()),
    problem=st.none() | st.builds(Problem, st.sampled_from(Code), st.text(st.characters())),
)


@examples
@given(texts, texts, texts, texts | st.integers(), answers)
def test_every_reply_can_be_published(
    message_id: str | None,
    correlation_id: str | None,
    asked: str | None,
    traceparent: object,
    answer: Answer,
) -> None:
    """Whatever came in, the reply's texts have a UTF-8 form and its body is ASCII JSON."""
    request = message(
        message_id=message_id,
        correlation_id=correlation_id,
        reply_to=asked,
        headers={"traceparent": traceparent},
    )
    found = build_reply(received(request), answer, NOW)
    reply = found.message
    for text in (reply.message_id, reply.correlation_id, *reply.headers.values()):
        assert text is None or str(text).encode("utf-8")
    assert found.routing_key.encode("utf-8")
    assert isinstance(json.loads(reply.body.decode("ascii")), dict)
