"""From aiormq's delivered messages to the relay's, and from the relay's to AMQP properties."""

import struct
from collections.abc import Mapping
from typing import cast

from aiormq import spec
from aiormq.abc import DeliveredMessage
from pamqp.common import FieldTable, FieldValue

from service.core.message import Message, Received
from service.edges.amqp.tolerant import UndecodableTable

MAX_PROPERTIES_BYTES = 64 * 1024
"""Above the frame size of 128 KiB a header frame kills the publishing connection."""

PERSISTENT = 2


def to_received(delivered: DeliveredMessage) -> Received:
    """What arrived, with the reason if it could not be published again as it is."""
    frame = delivered.delivery
    properties = delivered.header.properties
    headers = properties.headers or {}
    message = Message(
        body=delivered.body,
        message_id=properties.message_id,
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
    return Received(
        message=message,
        exchange=getattr(frame, "exchange", None) or "",
        routing_key=getattr(frame, "routing_key", None) or "",
        redelivered=bool(getattr(frame, "redelivered", False)),
        damage=_damage(message, getattr(frame, "routing_key", None) or ""),
    )


def to_properties(message: Message) -> spec.Basic.Properties:
    """The AMQP properties of `message`, persistent."""
    return spec.Basic.Properties(
        content_type=message.content_type,
        content_encoding=message.content_encoding,
        headers=cast("FieldTable", _encodable(message.headers)) if message.headers else None,
        delivery_mode=PERSISTENT,
        correlation_id=message.correlation_id,
        reply_to=message.reply_to,
        message_id=message.message_id,
        timestamp=message.timestamp,
        message_type=message.type,
        app_id=message.app_id,
    )


def _damage(message: Message, routing_key: str) -> str | None:
    if isinstance(message.headers, UndecodableTable):
        return "the headers cannot be read (invalid UTF-8 in a key, or nested too deeply)"
    try:
        routing_key.encode("utf-8")
        encoded = to_properties(message).marshal()
    except UnicodeEncodeError as error:
        return f"a property is not UTF-8: {error.object[:40]!a}"
    except (TypeError, ValueError, OverflowError, struct.error, RecursionError) as error:
        return f"a property cannot be encoded: {error}"
    if len(encoded) > MAX_PROPERTIES_BYTES:
        return f"properties and headers have {len(encoded)} bytes, over {MAX_PROPERTIES_BYTES}"
    return None


def _encodable(value: object) -> FieldValue:
    """pamqp decodes binary to bytes and encodes it from bytearray only."""
    match value:
        case Mapping():
            return {str(key): _encodable(item) for key, item in value.items()}
        case list():
            return [_encodable(item) for item in value]
        case bytes():
            return bytearray(value)
        case _:
            return cast("FieldValue", value)
