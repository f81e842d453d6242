"""The frames of an order: what is read and written here, pamqp reads and writes alike."""

import struct
from typing import Any

import pamqp.frame
import pytest
from aiormq import spec
from hypothesis import given
from hypothesis import strategies as st
from pamqp.body import ContentBody
from pamqp.header import ContentHeader

from service.core.message import Message
from service.edges.amqp import frames, tolerant
from service.edges.amqp.codec import UNENCODABLE, encoded_properties, to_properties
from service.edges.amqp.frames import OddFrameError
from tests.edges.amqp.tables import messages, quick, sent, tables, texts
from tests.world.broker import wire
from tests.world.broker.wire import FRAME_BODY, FRAME_HEADER, FRAME_METHOD

CHANNEL: Any = None
TEXTS = [name for name, kind in wire.PROPERTIES if kind == "shortstr"]
shorts = st.binary(max_size=40)


def _encoded(named: dict[str, Any]) -> bytes:
    return wire.encode_properties(named)


def _table(table: dict[str, object]) -> bytes:
    return bytes(
        wire.decode_properties(sent(Message(b"", headers=table))).get("headers", b"\0" * 4)
    )


properties: st.SearchStrategy[bytes] = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(TEXTS, shorts),
        "delivery_mode": st.integers(0, 255),
        "priority": st.integers(0, 255),
        "timestamp": st.integers(0, 2**64 - 1),
        "headers": tables.map(_table),
    },
).map(_encoded)
delivers = st.builds(
    lambda consumer, tag, bits, exchange, key: wire.method(
        60,
        60,
        wire.shortstr(consumer)
        + struct.pack(">QB", tag, bits)
        + wire.shortstr(exchange)
        # The routing key is the last.
        + wire.shortstr(key),
    ),
    shorts,
    st.integers(0, 2**63 - 1),
    st.integers(0, 1),
    shorts,
    shorts,
)
returns = st.builds(
    lambda code, *parts: wire.method(
        60, 50, struct.pack(">H", code) + b"".join(map(wire.shortstr, parts))
    ),
    st.integers(0, 2**16 - 1),
    shorts,
    shorts,
    shorts,
)


@pytest.fixture(autouse=True, scope="module")
def _installed() -> None:
    tolerant.install()


def _by_pamqp(frame: bytes) -> object:
    return _parts(pamqp.frame.unmarshal(frame)[2])


def _parts(read: object) -> object:
    """What can be compared: a NaN is a NaN."""
    match read:
        case ContentHeader():
            return read.class_id, read.weight, read.body_size, repr(dict(read.properties))
        case _:
            return repr(dict(iter(read)))  # type: ignore[call-overload] # every frame is pairs


def _message(method: bytes, encoded: bytes, body: bytes, pieces: int = 1) -> list[bytes]:
    step = max(1, -(-len(body) // pieces))
    return [
        wire.frame(FRAME_METHOD, 7, method),
        wire.frame(FRAME_HEADER, 7, wire.content_header(len(body), encoded)),
        *(wire.frame(FRAME_BODY, 7, body[at : at + step]) for at in range(0, len(body), step)),
    ]


@quick
@given(delivers, properties, st.binary(max_size=50), st.integers(1, 3))
def test_a_delivery_is_read_as_pamqp_reads_it(
    method: bytes, encoded: bytes, body: bytes, pieces: int
) -> None:
    """Whatever is in it."""
    message = _message(method, encoded, body, pieces)
    read = frames.delivered(message, CHANNEL)
    assert _parts(read.delivery) == _by_pamqp(message[0])
    assert _parts(read.header) == _by_pamqp(message[1])
    assert read.body == body


@quick
@given(returns, properties)
def test_a_return_is_read_as_pamqp_reads_it(method: bytes, encoded: bytes) -> None:
    """Which message it is, and why it came back."""
    message = _message(method, encoded, b"body")
    message_id, reason = frames.returned(message)
    _, _, returned = pamqp.frame.unmarshal(message[0])
    _, _, header = pamqp.frame.unmarshal(message[1])
    assert isinstance(returned, spec.Basic.Return)
    assert isinstance(header, ContentHeader)
    assert message_id == (header.properties.message_id or "")
    assert reason == f"{returned.reply_text!r} for routing key {returned.routing_key!r}"


@quick
@given(st.data())
def test_damage_is_odd_or_read_as_pamqp_reads_it(data: st.DataObject) -> None:
    """A byte changed, some cut off or added: never another message than pamqp's."""
    message = _message(data.draw(delivers), data.draw(properties), b"body")
    which = data.draw(st.integers(0, 1))
    payload = bytearray(message[which][7:-1])
    at = data.draw(st.integers(4, len(payload) - 1))
    how = data.draw(st.sampled_from(["change", "cut", "add"]))
    if how == "change":
        payload[at] = data.draw(st.integers(0, 255))
    elif how == "cut":
        del payload[at:]
    else:
        payload[at:at] = data.draw(st.binary(min_size=1, max_size=9))
    message[which] = wire.frame(FRAME_METHOD if which == 0 else FRAME_HEADER, 7, bytes(payload))
    try:
        read = frames.delivered(message, CHANNEL)
    except OddFrameError:
        return
    assert _parts(read.delivery) == _by_pamqp(message[0])
    assert _parts(read.header) == _by_pamqp(message[1])


@quick
@given(st.binary(max_size=20), st.sampled_from([(60, 80), (60, 120)]))
def test_a_confirm_is_odd_or_read_as_pamqp_reads_it(
    arguments: bytes, method: tuple[int, int]
) -> None:
    """Its tag, and whether it is of one or of all before it."""
    frame = wire.frame(FRAME_METHOD, 7, wire.method(*method, arguments))
    try:
        read = frames.answer(frame)
    except OddFrameError:
        assert len(arguments) != 9
        return
    _, _, said = pamqp.frame.unmarshal(frame)
    assert isinstance(said, spec.Basic.Ack | spec.Basic.Nack)
    assert read == (said.delivery_tag, said.multiple, isinstance(said, spec.Basic.Ack))


@quick
@given(messages, texts, st.integers(20, 60) | st.just(0))
def test_a_publish_is_written_as_pamqp_writes_it(message: Message, key: str, most: int) -> None:
    """Mandatory, and its body in as many frames as it takes."""
    body = message.body
    step = most - frames.FRAME_BYTES if most else len(body) or 1
    expected: list[spec.Basic.Publish | ContentHeader | ContentBody] = [
        spec.Basic.Publish(exchange="orders.replies", routing_key=key, mandatory=True),
        ContentHeader(body_size=len(body), properties=to_properties(message)),
        *(ContentBody(body[at : at + step]) for at in range(0, len(body), step)),
    ]
    written = frames.publish(7, "orders.replies", key, encoded_properties(message), body, most)
    assert written == b"".join(pamqp.frame.marshal(each, 7) for each in expected)


@quick
@given(messages, st.sampled_from(["", "x" * 255, "x" * 256, "\udcff", "é" * 128]))
def test_properties_are_written_as_pamqp_writes_them(message: Message, text: str) -> None:
    """Or refused as it refuses them: without headers they are written here."""
    plain = Message(b"", message.message_id, text, message.reply_to, timestamp=message.timestamp)
    for each in (message, plain):
        try:
            expected: bytes | type[BaseException] = to_properties(each).marshal()
        except UNENCODABLE as error:
            expected = type(error)
        if isinstance(expected, bytes):
            assert encoded_properties(each) == expected
        else:
            with pytest.raises(expected):
                encoded_properties(each)


@quick
@given(st.integers(1, 2**63 - 1), st.integers(1, 2**16 - 1))
def test_an_ack_is_written_as_pamqp_writes_it(tag: int, channel: int) -> None:
    """Of one delivery."""
    assert frames.ack(channel, tag) == pamqp.frame.marshal(spec.Basic.Ack(tag), channel)
