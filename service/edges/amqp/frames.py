"""The frames of an order as bytes: a delivery, a return, a confirm, a publish and an ack.

What is not exactly as it should be is odd: aiormq and pamqp read or refuse it. All else is read as
pamqp reads it; `tests/edges/amqp/test_frames.py` compares them.
"""

import struct
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from aiormq import spec
from aiormq.abc import AbstractChannel, DeliveredMessage
from pamqp.constants import FRAME_BODY, FRAME_END, FRAME_END_CHAR, FRAME_HEADER, FRAME_METHOD
from pamqp.header import ContentHeader

from service.edges.amqp import tolerant

HEAD = struct.Struct(">BHI")
CONTENT = struct.Struct(">HHQ")
FRAME_BYTES = HEAD.size + len(FRAME_END_CHAR)

DELIVER, RETURN, ACK, NACK = 0x3C003C, 0x3C0032, 0x3C0050, 0x3C0078
CLOSE, CLOSE_OK = 0x140028, 0x140029

_BASIC = spec.Basic.frame_id
_METHOD = struct.Struct(">I")
_TAG = struct.Struct(">qB")
_REPLY_CODE = 2
_PUBLISH = struct.pack(">IH", 0x3C0028, 0)
_MANDATORY = b"\x01"
_ACK = struct.Struct(">BHIIqBB")
_ACK_BYTES = 13
_PAYLOAD = HEAD.size + _METHOD.size

_UNREADABLE = (IndexError, ValueError, struct.error)
_MORE_FLAGS = 0b11
_READ = {"table": tolerant.table, "timestamp": tolerant.timestamp}
_PROPERTIES = tuple(
    (spec.Basic.Properties.flags[name], name, spec.Basic.Properties.amqp_type(name))
    for name in spec.Basic.Properties.attributes()
)


@cache
def _announced(flags: int) -> list[tuple[str, str]]:
    """The properties that these say are there, with their kinds."""
    return [(name, kind) for flag, name, kind in _PROPERTIES if flags & flag]


class OddFrameError(Exception):
    """Not as it should be: not to be read here."""


class Answer(NamedTuple):
    """A confirm: whether the broker took it, and all before it where there are several."""

    tag: int
    several: bool
    taken: bool


def method(frame: bytes) -> int:
    """Which method it is; 0 where none fits in."""
    return int(_METHOD.unpack_from(frame, HEAD.size)[0]) if len(frame) > _PAYLOAD else 0


def answer(frame: bytes) -> Answer:
    """What an ack or a nack says."""
    if len(frame) != FRAME_BYTES + _ACK_BYTES:
        raise OddFrameError
    tag, bits = _TAG.unpack_from(frame, _PAYLOAD)
    return Answer(tag, bool(bits & 1), method(frame) == ACK)


def body_bytes(header: bytes) -> int:
    """How large a body its content header announces; 0 where it is none."""
    if len(header) < FRAME_BYTES + CONTENT.size:
        return 0
    return int(CONTENT.unpack_from(header, HEAD.size)[2])


def delivered(frames: Sequence[bytes], channel: AbstractChannel) -> DeliveredMessage:
    """The message that came in these: its method, its header, and its body's."""
    deliver, header, *bodies = frames
    try:
        consumer, at = _short(deliver, _PAYLOAD)
        tag, bits = _TAG.unpack_from(deliver, at)
        exchange, at = _short(deliver, at + _TAG.size)
        key, at = _short(deliver, at)
        read = _header(header)
    except _UNREADABLE as error:
        raise OddFrameError from error
    body = b"".join([frame[HEAD.size : -1] for frame in bodies])
    if at != len(deliver) - 1 or len(body) != read.body_size:
        raise OddFrameError
    # Its constructor refuses names that a broker may use.
    frame = spec.Basic.Deliver.__new__(spec.Basic.Deliver)
    frame.consumer_tag, frame.delivery_tag, frame.redelivered = consumer, tag, bool(bits & 1)
    frame.exchange, frame.routing_key = exchange, key
    return DeliveredMessage(frame, read, body, channel)


def returned(frames: Sequence[bytes]) -> tuple[str, str]:
    """The id of the publication that came back in these, and why."""
    try:
        why, at = _short(frames[0], _PAYLOAD + _REPLY_CODE)
        _, at = _short(frames[0], at)
        key, at = _short(frames[0], at)
        read = _header(frames[1])
    except _UNREADABLE as error:
        raise OddFrameError from error
    if at != len(frames[0]) - 1:
        raise OddFrameError
    return read.properties.message_id or "", f"{why!r} for routing key {key!r}"


def _header(frame: bytes) -> ContentHeader:
    class_id, weight, body_size = CONTENT.unpack_from(frame, HEAD.size)
    if class_id != _BASIC or weight:
        raise OddFrameError
    header = ContentHeader(weight, body_size)
    header.class_id = class_id
    at, end = HEAD.size + CONTENT.size + 2, len(frame) - 1
    flags = frame[at - 2] << 8 | frame[at - 1]
    if flags & _MORE_FLAGS:
        raise OddFrameError
    value: object
    for name, kind in _announced(flags):
        if kind == "shortstr":
            value, at = _short(frame, at)
        elif kind == "octet":
            value = frame[at]
            at += 1
        else:
            size, value = _READ[kind](frame[at:end])
            at += size
        setattr(header.properties, name, value)
    if at != end:
        raise OddFrameError
    return header


def _short(frame: bytes, at: int) -> tuple[str, int]:
    after = at + 1 + frame[at]
    return frame[at + 1 : after].decode("utf-8", "surrogateescape"), after


def ack(channel: int, tag: int) -> bytes:
    """The ack of one delivery."""
    return _ACK.pack(FRAME_METHOD, channel, _ACK_BYTES, ACK, tag, 0, FRAME_END)


def publish(
    channel: int, exchange: str, routing_key: str, properties: bytes, body: bytes, frame_max: int
) -> bytes:
    """A mandatory publish; ValueError where a name is too long."""
    names, key = exchange.encode(), routing_key.encode()
    # `bytes` of a number above 255 is a ValueError.
    named = bytes([len(names)]) + names + bytes([len(key)]) + key
    step = frame_max - FRAME_BYTES if frame_max else len(body) or 1
    parts = [
        (FRAME_METHOD, _PUBLISH + named + _MANDATORY),
        (FRAME_HEADER, CONTENT.pack(_BASIC, 0, len(body)) + properties),
        *[(FRAME_BODY, body[at : at + step]) for at in range(0, len(body), step)],
    ]
    written = b""
    for kind, payload in parts:
        written += HEAD.pack(kind, channel, len(payload)) + payload + FRAME_END_CHAR
    return written
