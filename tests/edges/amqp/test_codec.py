"""Messages from the wire and back: the same again, or known to be undecodable."""

import struct
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from aiormq import spec
from aiormq.abc import DeliveredMessage
from hypothesis import example, given
from hypothesis import strategies as st

from service.core.codes import Code, Status
from service.core.copies import salvaged_copy
from service.core.message import Message, Received
from service.edges.amqp import tolerant
from service.edges.amqp.codec import (
    MAX_KEY_BYTES,
    MAX_PROPERTIES_BYTES,
    UNENCODABLE,
    most_properties_bytes,
    to_properties,
    to_received,
)
from tests.core.build import NOW, an_answer
from tests.edges.amqp.tables import delivered, messages, quick, received, sent, tables
from tests.world.broker import wire
from tests.world.broker.wire import Raw

TEXTS = (
    "content_type",
    "content_encoding",
    "correlation_id",
    "reply_to",
    "message_id",
    "type",
    "app_id",
)


@pytest.fixture(autouse=True, scope="module")
def _installed() -> None:
    tolerant.install()


def _headers(encoded: bytes) -> bytes:
    return wire.encode_properties({"headers": encoded})


@quick
@given(messages)
def test_a_message_is_read_as_it_was_written(message: Message) -> None:
    """Body, properties and headers; nothing of it is undecodable."""
    read = received(sent(message), message.body)
    assert read.message == message
    assert read.undecodable is None
    assert (read.exchange, read.routing_key, read.redelivered) == ("e", "k", False)


@quick
@given(st.dictionaries(st.sampled_from(TEXTS), st.binary(min_size=1, max_size=255)), tables)
def test_what_is_not_undecodable_is_written_byte_for_byte(
    properties: dict[str, Raw], headers: dict[str, object]
) -> None:
    """Any bytes in any property come out as they were, or the message is undecodable."""
    table = wire.decode_properties(sent(Message(b"", headers=headers))).get("headers", b"\0\0\0\0")
    read = received(wire.encode_properties({**properties, "headers": table}))
    if read.undecodable is None:
        again = wire.decode_properties(sent(read.message))
        assert again.pop("delivery_mode") == 2
        assert again.pop("headers", b"\0\0\0\0") == table
        # A message without an id goes out with an empty one.
        assert again == {"message_id": b"", **properties}
    else:
        texts = [value for value in properties.values() if isinstance(value, bytes)]
        assert any(_is_not_utf8(text) for text in texts)


def _is_not_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return True
    return False


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_is_not_utf8_is_undecodable(name: str) -> None:
    """And said in plain characters, whatever it was."""
    undecodable = received(wire.encode_properties({name: b"\xff\xfe"})).undecodable
    assert undecodable == "a property is not UTF-8: '\\udcff\\udcfe'"


@pytest.mark.parametrize("way", ["routing_key", "exchange"])
def test_a_way_here_that_is_not_utf8_is_undecodable(way: str) -> None:
    """A copy would carry it in a header."""
    message = delivered(wire.encode_properties({}))
    setattr(message.delivery, way, "\udcff")
    assert "not UTF-8" in (to_received(message).undecodable or "")


def test_a_timestamp_out_of_range_is_none() -> None:
    """As a property; in a header it is carried on as it is. The order is served all the same."""
    far = struct.pack(">Q", 10**18)
    headers = wire.table([(b"when", b"T" + far), (b"kept", wire.text_field(b"as it was"))])
    read = received(wire.encode_properties({"timestamp": 10**18, "headers": headers}))
    assert read.message.timestamp is None
    assert read.message.headers == {"when": 10**18, "kept": "as it was"}
    assert read.undecodable is None
    assert wire.decode_properties(sent(read.message))["headers"] == wire.table(
        [(b"kept", wire.text_field(b"as it was")), (b"when", b"T" + far)]
    )


DAMAGED_HEADERS = {
    "a key that is not UTF-8": (wire.table([(b"\xff", b"V")]), "cannot be read"),
    "a key of 129 bytes": (wire.table([(b"k" * 129, b"V")]), "129 bytes, over 128"),
    "a key of 129 bytes inside": (
        wire.table([(b"k", wire.table_field(wire.table([("\xe9".encode() * 65, b"V")])))]),
        "130 bytes, over 128",
    ),
    "nested too deeply": (wire.deep_table(600), "nested too deeply"),
    "too many": (wire.table((b"%04d" % at, b"V") for at in range(1_001)), "too many"),
    "too many inside": (wire.table([(b"k", wire.array_field([b"V"] * 1_000))]), "too many"),
    "more than 64 KiB": (
        wire.table([(b"k", wire.text_field(b"x" * MAX_PROPERTIES_BYTES))]),
        f"over {MAX_PROPERTIES_BYTES}",
    ),
}


@pytest.mark.parametrize("headers", DAMAGED_HEADERS.values(), ids=DAMAGED_HEADERS.keys())
def test_headers_that_a_copy_could_not_have_are_undecodable(headers: tuple[bytes, str]) -> None:
    """With a reason for a person."""
    encoded, words = headers
    assert words in (received(_headers(encoded)).undecodable or "")


@pytest.mark.parametrize(
    ("frame_max", "most"), [(131_072, 65_536), (8_192, 4_096), (4_096, 2_048), (0, 65_536)]
)
def test_a_producer_has_half_of_the_frame_that_was_negotiated(frame_max: int, most: int) -> None:
    """At most 64 KiB; what was sent before and comes back is larger by our own headers."""
    assert most_properties_bytes(frame_max) == most

    def reason(size: int, exchange: str) -> str | None:
        empty = received(_headers(wire.table([(b"k", wire.text_field(b""))])))
        head = len(sent(empty.message))
        padded = wire.table([(b"k", wire.text_field(b"x" * (size - head)))])
        message = delivered(_headers(padded), exchange=exchange)
        return to_received(message, most_bytes=most).undecodable

    more = f"properties and headers have {most + 1} bytes, over {most}"
    assert (reason(most, "orders"), reason(most + 1, "orders")) == (None, more)
    assert reason(most + 1, "") is None
    assert "over" in (reason(2 * most + 1, "") or "")


@quick
@given(st.binary(min_size=5, max_size=5), st.binary(min_size=8, max_size=8))
@example(b"\xff\x7f\xff\xff\xff", b"\x7f\xf0\x00\x00\x00\x00\x00\x00")
@example(b"\x00\xff\xff\xff\xff", b"\xff\xef\xff\xff\xff\xff\xff\xff")
def test_numbers_are_carried_on_as_they_are(decimal: bytes, double: bytes) -> None:
    """Decimals of any scale and sign, and doubles of any size, to the last bit."""
    encoded = wire.table([(b"d", b"D" + decimal), (b"f", b"d" + double)])
    read = received(_headers(encoded))
    assert read.undecodable is None
    assert wire.decode_properties(sent(read.message))["headers"] == encoded


def test_numbers_too_large_for_a_header_are_not_encoded() -> None:
    """Who publishes them is told so; from the wire they cannot come."""
    for number in (2**63, Decimal(10) ** 20, Decimal("1e-300"), Decimal("NaN")):
        with pytest.raises(UNENCODABLE):
            sent(Message(b"", headers={"k": number}))


def test_undecodable_headers_are_not_taken_for_none() -> None:
    """A table that cannot be read is empty, but says something that we do not know.

    With `headers or {}`: the order was served as if its headers had not been there.
    """
    read = received(_headers(wire.table([(b"\xff", b"V")])))
    assert read.undecodable is not None
    assert dict(read.message.headers) == {}


SOUND_HEADERS: dict[str, object] = {
    "a float of 64 bits": 0.1,
    "a float beyond 32 bits": 1e300,
    "infinity": float("inf"),
    "bytes": b"\x00\xff",
    "a decimal": Decimal("0.01"),
    "a moment": datetime(2026, 1, 1, tzinfo=UTC),
    "bytes inside": [{"k": b"\xff"}],
    "a long text": "x" * 60_000,
}


@pytest.mark.parametrize("value", SOUND_HEADERS.values(), ids=SOUND_HEADERS.keys())
def test_headers_that_a_copy_has_too_are_no_reason_to_refuse(value: object) -> None:
    """What a producer writes for somebody else is carried on."""
    message = Message(b"", headers={"k" * MAX_KEY_BYTES: value})
    read = received(sent(message))
    assert read.undecodable is None
    assert read.message == message
    assert received(sent(read.message)).message == message


def test_what_is_published_is_persistent_and_has_nothing_that_the_broker_acts_on() -> None:
    """Neither priority, expiration, user nor cluster, even where they arrived."""
    arrived = wire.encode_properties(
        {"priority": 9, "expiration": b"60000", "user_id": b"u", "delivery_mode": 1}
    )
    read = received(arrived)
    assert read.message.user_id == "u"
    assert wire.decode_properties(sent(read.message)) == {"delivery_mode": 2, "message_id": b""}


def test_a_message_without_anything_is_a_message() -> None:
    """All properties are optional."""
    read = received(wire.encode_properties({}), b"body", routing_key="")
    assert read.message == Message(b"body")
    assert (read.routing_key, read.undecodable) == ("", None)


def test_a_message_fetched_one_by_one_is_read_as_well() -> None:
    """`basic.get` answers in a frame of its own."""
    message = delivered(wire.encode_properties({"message_id": b"o-1"}))
    frame = spec.Basic.GetOk(1, redelivered=True, exchange="e", routing_key="k", message_count=0)
    read = to_received(DeliveredMessage(frame, message.header, b"", message.channel))
    assert (read.exchange, read.routing_key, read.redelivered) == ("e", "k", True)


def test_the_largest_salvaged_copy_fits_a_small_frame() -> None:
    """The broker may not move such a message, so there must be a copy of it."""
    text = "\udcff" * 255
    names = ("message_id", "correlation_id", "reply_to", "content_type", "content_encoding")
    texts: dict[str, Any] = dict.fromkeys((*names, "type", "app_id"), text)
    original = Received(Message(b"", headers={"x-death": text * 255}, **texts), text, text)
    answer = an_answer(Status.REJECTED, Code.INVALID_MESSAGE, "x" * 500)
    copy = salvaged_copy(original, answer, NOW)
    assert len(sent(copy.message)) + 20 <= 8_192


def test_properties_are_bytes_that_a_broker_takes() -> None:
    """An empty table is left out."""
    assert to_properties(Message(b"")).headers is None
