"""Messages as they are written in files."""

import base64
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from service.core.producing.written import UnreadableMessageError, read, read_all

GOOD: dict[str, Any] = {"body": {"service": 7}}


def _why(value: object) -> str:
    with pytest.raises(UnreadableMessageError) as refused:
        read(value)
    return str(refused.value)


def test_each_property_arrives() -> None:
    """By its AMQP name; those that the relay does not read may stand there, too."""
    texts = {
        name: f"a {name}"
        for name in (
            *("message_id", "correlation_id", "reply_to", "content_type", "content_encoding"),
            *("type", "app_id", "user_id"),
        )
    }
    others = {"delivery_mode": 2, "priority": 1, "cluster_id": "c", "expiration": "5"}
    written = read({**GOOD, "properties": {**texts, **others, "timestamp": 60}})
    assert {name: getattr(written.message, name) for name in texts} == texts
    assert written.message.timestamp == datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
    assert (written.expiration, written.far_timestamp, written.at) == ("5", None, None)


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ({"body": {"a": 1.0, "b": "é"}}, b'{"a": 1.0, "b": "\\u00e9"}'),
        ({"body": '{"a": 1e3}'}, b'{"a": 1e3}'),
        ({"body": ""}, b""),
        ({"body": None}, b"null"),
        ({"body_base64": base64.b64encode(b"\xff").decode()}, b"\xff"),
    ],
)
def test_a_body_is_text_json_or_bytes(written: object, body: bytes) -> None:
    """A text is taken as it is, so that any bytes of UTF-8 can be written."""
    assert read(written).message.body == body


def test_times_are_seconds_or_rfc_3339() -> None:
    """A property has whole seconds; one past the year 9999 is kept apart."""
    text = {"timestamp": "2026-01-31T13:00:00.5+01:00"}
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert read({**GOOD, "properties": text}).message.timestamp == moment
    far = read({**GOOD, "properties": {"timestamp": 1_769_860_800_000}})
    assert (far.message.timestamp, far.far_timestamp) == (None, 1_769_860_800_000)
    assert read({**GOOD, "at": "2026-01-31T12:00:00Z"}).at == moment


def test_headers_have_the_types_of_amqp() -> None:
    """Written as `parked export` writes them."""
    headers = {"a": 1, "b": {"$time": "2026-01-31T12:00:00Z"}, "c": [{"$decimal": "1.5"}]}
    assert read({**GOOD, "headers": headers}).message.headers == {
        "a": 1,
        "b": datetime(2026, 1, 31, 12, tzinfo=UTC),
        "c": [Decimal("1.5")],
    }


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([], "it is no JSON object"),
        ({}, "it needs either body or body_base64"),
        ({"body": 1, "body_base64": ""}, "it needs either body or body_base64"),
        ({"body_base64": "no"}, "body_base64: Incorrect padding"),
        ({**GOOD, "headers": {"a": {"$decimal": "x"}}}, "headers: [<class 'decimal.Conv"),
        ({**GOOD, "headers": {"a": [float("nan")]}}, "headers: Out of range float values"),
        ({**GOOD, "headers": []}, "headers: must be a JSON object"),
        ({**GOOD, "properties": None}, "properties: must be a JSON object"),
        ({**GOOD, "at": "2026-01-31T12:00:00"}, "at: '2026-01-31T12:00:00' has no offset from UTC"),
        ({**GOOD, "properties": {"timestamp": "no"}}, "properties.timestamp: Invalid isoformat"),
        ({**GOOD, "properties": {"timestamp": -1}}, "properties.timestamp: was negative"),
        ({**GOOD, "properties": {"timestamp": 1.5}}, "properties.timestamp: input should be a "),
        ({**GOOD, "properties": {"messageId": "x"}}, "did you mean message_id?"),
        ({**GOOD, "properties": {"zzz": "x"}}, "known are message_id, correlation_id, "),
        ({**GOOD, "propertys": {}}, "propertys: is not known; did you mean properties?"),
        ({"body": "\ud800"}, "body: 'utf-8' codec can't encode "),
    ],
)
def test_what_is_wrong_is_named(value: object, why: str) -> None:
    """With the name of what it is about."""
    assert why in _why(value)


def test_a_file_has_one_or_an_array_or_a_line_for_each() -> None:
    """Blank lines are none."""
    one, two = '{"body": "1"}', '{"body": "2"}'
    texts = [one, f"[{one}, {two}]", f"{one}\n\n{two}\n", f"\ufeff{one}\r\n{two}\r\n"]
    bodies = [[written.message.body for written in read_all(text)] for text in texts]
    assert bodies == [[b"1"], [b"1", b"2"], [b"1", b"2"], [b"1", b"2"]]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"body": 1}\n{', "line 2: it is not JSON: Expecting property name"),
        ('{\n "body": 1\n "at": 2}', "line 3: it is not JSON: Expecting ',' delimiter (column 2)"),
        ('{"body": 1}\n{}', "line 2: it needs "),
        ('[{"body": 1}, 5]', "message 2: it is no JSON object"),
        ("[" * 100_000, "line 1: it is not JSON: "),
        # A job that wrote no order would else be told that all are accepted.
        ("", "there is no message in it"),
        ("[]", "there is no message in it"),
    ],
)
def test_a_file_says_where(text: str, why: str) -> None:
    """By its line, or by its place in the array."""
    with pytest.raises(UnreadableMessageError) as refused:
        read_all(text)
    assert str(refused.value).startswith(why)
