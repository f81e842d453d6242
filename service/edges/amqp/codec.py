"""From aiormq's delivered messages to the relay's, and from the relay's to AMQP properties."""

import struct
from collections.abc import Callable, Mapping
from typing import cast

import pamqp.encode
from aiormq import spec
from aiormq.abc import DeliveredMessage
from pamqp.common import FieldTable, FieldValue

from service.core.message import Message, Received
from service.edges.amqp.bounded import dropped_body_bytes
from service.edges.amqp.tolerant import UndecodableTable
from service.edges.amqp.without_id import WITHOUT_ID

MAX_PROPERTIES_BYTES = 64 * 1024
"""Half of RabbitMQ's frame by default: a header frame above it ends the publishing connection."""

MAX_KEY_BYTES = 128
"""pamqp truncates longer header keys when it encodes them, with only a log line."""

LONGEST_SHORT = 255
"""Of AMQP's short texts, which the properties are."""

PERSISTENT = 2
_PERSISTENT_BYTE = bytes([PERSISTENT])
_NO_TEXT = b"\x00"
DEATHS = "x-death"

UNENCODABLE = (TypeError, ValueError, OverflowError, struct.error, RecursionError)
"""What encoding a message can raise."""


def most_properties_bytes(frame_max: int) -> int:
    """Of a producer's message, by what was negotiated (0: any): the other half is for ours."""
    return min(MAX_PROPERTIES_BYTES, frame_max // 2) if frame_max else MAX_PROPERTIES_BYTES


def to_received(
    delivered: DeliveredMessage,
    is_ours: Callable[[Message], bool] = lambda _: False,
    most_bytes: int = MAX_PROPERTIES_BYTES,
) -> Received:
    """What arrived, with the reason if it cannot be published again unchanged.

    What `is_ours` was encoded here before, and is not encoded once more to see that it can be.
    """
    frame = delivered.delivery
    properties = delivered.header.properties
    # Not `or {}`: a table that could not be read is empty, too.
    headers = {} if properties.headers is None else properties.headers
    exchange, routing_key = getattr(frame, "exchange", ""), getattr(frame, "routing_key", "")
    dropped = dropped_body_bytes(delivered)
    message = Message(
        body=b"" if dropped is not None else delivered.body,
        # An empty one means none, also where we wrote it ourselves.
        message_id=properties.message_id or None,
        correlation_id=properties.correlation_id,
        reply_to=properties.reply_to,
        content_type=properties.content_type,
        content_encoding=properties.content_encoding,
        type=properties.message_type,
        app_id=properties.app_id,
        user_id=properties.user_id,
        timestamp=properties.timestamp,
        headers=headers,
    )
    # A copy carries the exchange and the routing key in headers. One that was sent and comes back
    # is larger by our own: it fitted then, and fits again.
    most = most_bytes if exchange else 2 * most_bytes
    ours = is_ours(message)
    undecodable = None if ours else undecodable_reason(message, f"{exchange}{routing_key}", most)
    only_the_broker = undecodable is not None or dropped is not None
    return Received(
        message=message,
        exchange=exchange or "",
        routing_key=routing_key or "",
        redelivered=bool(getattr(frame, "redelivered", False)),
        undecodable=undecodable,
        unsafe_to_dead_letter=only_the_broker and _names_deaths(headers),
        dropped_body_bytes=dropped,
    )


def to_properties(message: Message) -> spec.Basic.Properties:
    """The AMQP properties of `message`, persistent."""
    return spec.Basic.Properties(
        content_type=message.content_type,
        content_encoding=message.content_encoding,
        headers=cast("FieldTable", encodable(message.headers)) if message.headers else None,
        delivery_mode=PERSISTENT,
        correlation_id=message.correlation_id,
        reply_to=message.reply_to,
        message_id=message.message_id or WITHOUT_ID,
        timestamp=message.timestamp,
        message_type=message.type,
        app_id=message.app_id,
    )


def encoded_properties(message: Message) -> bytes:
    """`to_properties` as bytes, by pamqp where they are not plain; raises one of UNENCODABLE."""
    encoded: bytes = _plain(message) or to_properties(message).marshal()
    return encoded


def _plain(message: Message) -> bytes | None:
    if message.headers:
        return None
    properties = (
        (0x8000, message.content_type),
        (0x4000, message.content_encoding),
        (0x1000, _PERSISTENT_BYTE),
        (0x0400, message.correlation_id),
        (0x0200, message.reply_to),
        (0x0080, message.message_id or _NO_TEXT),
        (0x0040, message.timestamp and pamqp.encode.timestamp(message.timestamp)),
        (0x0020, message.type),
        (0x0008, message.app_id),
    )
    flags, parts = 0, [b""]
    for flag, value in properties:
        if not value:
            continue
        flags |= flag
        if isinstance(value, str):
            if len(text := value.encode()) > LONGEST_SHORT:
                return None
            parts += (len(text).to_bytes(), text)
        else:
            parts.append(value)
    parts[0] = flags.to_bytes(2)
    return b"".join(parts)


def _names_deaths(headers: Mapping[str, object]) -> bool:
    """Whether dead-lettering would have to read an `x-death` that is there already.

    RabbitMQ 3.10 does not check its form: in another form it crashes the process that dead-letters
    for all quorum queues of the node, which stays away after the second time.
    """
    if isinstance(headers, UndecodableTable):
        return DEATHS.encode() in headers.raw
    return DEATHS in headers


def undecodable_reason(
    message: Message, way: str, most_bytes: int = MAX_PROPERTIES_BYTES
) -> str | None:
    """Why no copy of it can be published, with its `way` here in headers; None where one can."""
    if isinstance(message.headers, UndecodableTable):
        return "the headers cannot be read (invalid UTF-8 in a key, nested too deeply, or too many)"
    if not message.headers and _ascii(message, way):
        # Short texts as they came: encoded, they are the same again.
        return None
    try:
        way.encode("utf-8")
        encoded = encoded_properties(message)
    except UnicodeEncodeError as error:
        return f"a property is not UTF-8: {error.object[:40]!a}"
    except UNENCODABLE as error:
        return f"a property cannot be encoded: {error}"
    if len(encoded) > most_bytes:
        return f"properties and headers have {len(encoded)} bytes, over {most_bytes}"
    return None


def _ascii(message: Message, way: str) -> bool:
    texts = (
        message.message_id,
        message.correlation_id,
        message.reply_to,
        message.content_type,
        message.content_encoding,
        message.type,
        message.app_id,
    )
    some = [text for text in texts if text]
    return max(map(len, some), default=0) <= LONGEST_SHORT and "".join((*some, way)).isascii()


def encodable(value: object) -> FieldValue:
    """pamqp decodes binary to bytes and encodes it from bytearray only."""
    match value:
        case Mapping():
            return {_key(key): encodable(item) for key, item in value.items()}
        case list():
            return [encodable(item) for item in value]
        case bytes():
            return bytearray(value)
        case _:
            return cast("FieldValue", value)


def _key(key: object) -> str:
    text = str(key)
    if (size := len(text.encode("utf-8"))) > MAX_KEY_BYTES:
        raise ValueError(f"a header's key has {size} bytes, over {MAX_KEY_BYTES}")
    return text
