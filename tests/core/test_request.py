"""Reading a delivery: the message id, the content's type, the deadline, and what is no request."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.body import MAX_DEPTH
from service.core.codes import Code
from service.core.history import ATTEMPTS, FIRST_SEEN, RETRIES, UNKNOWN_SINCE
from service.core.request import (
    DEADLINE,
    Invalid,
    Parsed,
    Request,
    Undecodable,
    Unidentified,
    parse,
)
from tests.core.build import (
    FORM,
    NOW,
    ago,
    ahead,
    history,
    many_examples,
    message,
    received,
    waited,
)

NO_ID = "the message has no message_id; without one a repeat would order twice"


def parsed(**changes: Any) -> Parsed:
    """What a good request is read as, once these attributes are changed."""
    return parse(received(message(**changes)), NOW)


def refusal(**changes: Any) -> str:
    """Why the message is invalid; it fails the test if it is not."""
    found = parsed(**changes)
    assert isinstance(found, Invalid)
    assert found.code is Code.INVALID_MESSAGE
    return found.message


def test_a_good_request_is_read() -> None:
    """The message id becomes the request_id; nothing was tried yet."""
    found = parsed()
    assert isinstance(found, Request)
    assert (found.request_id, found.order.form, found.deadline) == ("o-1", FORM, None)
    assert found.history == history()


@pytest.mark.parametrize("message_id", ["x", "x" * 128, "\u00e9" * 128, "o 1/&\n"], ids=ascii)
def test_a_message_id_of_up_to_128_characters_is_the_request_id(message_id: str) -> None:
    """Characters count, not bytes."""
    found = parsed(message_id=message_id)
    assert isinstance(found, Request)
    assert found.request_id == message_id


@pytest.mark.parametrize(
    ("message_id", "code", "text"),
    [
        (None, Code.MISSING_MESSAGE_ID, NO_ID),
        ("", Code.MISSING_MESSAGE_ID, NO_ID),
        (
            "x" * 129,
            Code.MESSAGE_ID_TOO_LONG,
            "the message_id has 129 characters; at most 128 are allowed",
        ),
    ],
    ids=["missing", "empty", "129"],
)
def test_a_message_without_a_usable_id_is_no_order(
    message_id: str | None, code: Code, text: str
) -> None:
    """The relay makes no ids of its own, and cuts none."""
    assert parsed(message_id=message_id) == Unidentified(code, text, history())


def test_an_undecodable_message_is_not_looked_into() -> None:
    """What could not be encoded again is left to the broker, whatever else it is."""
    found = parse(received(message(message_id=None), undecodable="headers"), NOW)
    assert found == Undecodable("headers", history())


def test_a_body_that_was_too_large_to_be_taken_in_is_refused_by_its_size() -> None:
    """As one that was taken in: nobody else can tell the two apart."""
    taken_in = parsed(body=b"x" * 70_000)
    dropped = replace(received(message(body=b"")), dropped_body_bytes=70_000)
    assert parse(dropped, NOW) == taken_in
    assert refusal(body=b"x" * 70_000) == "the body has 70000 bytes; at most 65536 are allowed"


@pytest.mark.parametrize(
    "content_type",
    [
        *(None, "", "application/json", "Application/JSON", " application/json "),
        *("application/json; charset=utf-8", "application/json;charset=UTF-8"),
    ],
)
def test_json_may_be_named_or_not(content_type: str | None) -> None:
    """An absent content type is JSON."""
    assert isinstance(parsed(content_type=content_type), Request)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/jsonp", "json", ";", "application/xml", "\u00e9"]
)
def test_another_content_type_is_refused(content_type: str) -> None:
    """The body is not guessed at."""
    assert refusal(content_type=content_type).endswith("; must be application/json or absent")


@pytest.mark.parametrize("encoding", [None, "", "identity", "utf-8", "UTF-8", "utf8"])
def test_no_content_encoding_is_needed(encoding: str | None) -> None:
    """Clients that name the character set there mean no harm."""
    assert isinstance(parsed(content_encoding=encoding), Request)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "utf-16"])
def test_a_compressed_body_is_refused(encoding: str) -> None:
    """The message says what was sent and what is right."""
    expected = f'content_encoding was "{encoding}"; must be absent'
    assert refusal(content_encoding=encoding) == expected


@pytest.mark.parametrize(
    ("value", "deadline"),
    [
        pytest.param(ahead(60), ahead(60), id="timestamp"),
        pytest.param(int(ahead(60).timestamp()), ahead(60), id="int"),
        pytest.param(ahead(0.5).timestamp(), ahead(0.5), id="float"),
        pytest.param(Decimal(str(ahead(0.5).timestamp())), ahead(0.5), id="decimal"),
        pytest.param(0, datetime(1970, 1, 1, tzinfo=UTC), id="zero"),
        pytest.param(
            253_402_300_799, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), id="year-9999"
        ),
    ],
)
def test_a_deadline_is_a_timestamp_or_epoch_seconds(value: object, deadline: datetime) -> None:
    """Both ways to write it are read as the same moment."""
    found = parsed(headers={DEADLINE: value})
    assert isinstance(found, Request)
    assert found.deadline == deadline


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(1_770_000_000_000, "1770000000000", id="milliseconds"),
        pytest.param(1_770_000_000_000.0, "1770000000000.0", id="float-milliseconds"),
        pytest.param(253_402_300_800, "253402300800", id="year-10000"),
        pytest.param(-1, "-1", id="negative"),
        pytest.param(float("nan"), "NaN", id="NaN"),
        pytest.param(float("inf"), "Infinity", id="infinity"),
        pytest.param(True, "true", id="boolean"),
        pytest.param(None, "null", id="none"),
        pytest.param("2026-01-31T12:00:00Z", '"2026-01-31T12:00:00Z"', id="string"),
        pytest.param(b"\xff", "\"b'\\\\xff'\"", id="bytes"),
        pytest.param(Decimal(253402300800), '"253402300800"', id="decimal-year-10000"),
        pytest.param([1], "[1]", id="array"),
        pytest.param({"a": 1}, '{"a": 1}', id="table"),
    ],
)
def test_a_deadline_that_cannot_be_read_is_refused(value: object, shown: str) -> None:
    """An order that was sent after a misread deadline could not be taken back."""
    assert refusal(headers={DEADLINE: value}) == (
        f"header {DEADLINE} was {shown}; must be an AMQP timestamp or epoch seconds"
    )


@pytest.mark.parametrize(
    ("timestamp", "since"),
    [(datetime(1970, 1, 1, tzinfo=UTC), NOW), (ago(60), ago(60)), (None, NOW)],
    ids=["zero", "a-minute-ago", "none"],
)
def test_a_timestamp_of_zero_is_none(timestamp: datetime | None, since: datetime) -> None:
    """Some clients send it: delivered again, the order is not decades old, and is sent."""
    found = parse(received(message(timestamp=timestamp), redelivered=True), NOW)
    assert isinstance(found, Request)
    assert found.history.unknown_since == since


def test_an_unreadable_body_and_an_invalid_order_have_different_codes() -> None:
    """The producer learns whether the message or the order is to be fixed."""
    assert refusal(body=b"[]") == "the body is a JSON array; a JSON object is needed"
    invalid = parsed(body=b'{"service": 7, "username": "x", "quantity": 0}')
    assert invalid == Invalid(
        "o-1", Code.INVALID_ORDER, "quantity: was 0; must be at least 1", history()
    )


def test_an_invalid_request_keeps_its_history() -> None:
    """What was tried for it before is not forgotten because a rule has changed."""
    found = parse(waited(message(body=b"{}", headers={ATTEMPTS: 3, RETRIES: 2})), NOW)
    assert isinstance(found, Invalid)
    assert (found.history.attempts, found.history.retries) == (3, 2)


def nested(depth: int, at: bytes) -> bytes:
    """A body with an array of this depth in this field."""
    return b'{"' + at + b'": ' + b"[" * depth + b"]" * depth + b"}"


@pytest.mark.parametrize("field", [b"comments", b"service", b"link"])
def test_a_body_at_the_edge_of_what_is_read_is_refused_in_words(field: bytes) -> None:
    """No depth of nesting makes a delivery that raises, and comes back, for ever."""
    for depth in (1, *range(MAX_DEPTH - 60, MAX_DEPTH + 3), 30_000):
        assert isinstance(parsed(body=nested(depth, field)), Invalid)


headers = st.dictionaries(
    st.sampled_from([DEADLINE, ATTEMPTS, RETRIES, FIRST_SEEN, UNKNOWN_SINCE, "x"]),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.datetimes(timezones=st.just(UTC))
    | st.datetimes(timezones=st.timezones()).map(datetime.isoformat)
    | st.lists(st.integers()),
)


@many_examples
@given(st.binary(max_size=20) | st.just(message().body), headers)
def test_any_delivery_is_read_as_something(body: bytes, given_headers: dict[str, object]) -> None:
    """A delivery never raises: one that did would come back until the broker gives up on it."""
    content = message(body=body, headers=given_headers)
    for delivery in (received(content), waited(content)):
        found = parse(delivery, NOW)
        assert isinstance(found, Request | Invalid)
        assert found.history.first_seen <= NOW
