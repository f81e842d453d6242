"""A whole message as JSON and back, for `--json`, `export` and `restore`.

Header values that JSON has no word for are written as an object with one key: `$time`, `$bytes`
(base64), `$decimal`, `$table` (which all tables are, so that none can be taken for another).
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

from service.core.message import Message, Received
from service.core.parked.found import Parked
from service.core.parked.selecting import Group
from service.core.times import from_rfc3339, to_rfc3339

_TEXTS = (
    "message_id",
    "correlation_id",
    "reply_to",
    "content_type",
    "content_encoding",
    "type",
    "app_id",
    "user_id",
)
_COUNTS = frozenset({"x-delivery-count", "x-acquired-count"})
VERSION = 1


class UnreadableExportError(ValueError):
    """A line is not what `export` writes."""


def to_json(parked: Parked) -> dict[str, object]:
    """The message whole, and what is known of it."""
    return {
        "handle": parked.handle,
        "code": parked.code,
        "reason": parked.reason,
        "standing": str(parked.standing),
        "parked_at": _told(parked.parked_at),
        "first_seen_at": _told(parked.first_seen),
        "unknown_since": _told(parked.unknown_since),
        "attempts": parked.attempts,
        "first_outcome": parked.first_outcome,
        "last_outcome": parked.last_outcome,
        **whole(parked.received),
    }


def group_to_json(group: Group) -> dict[str, object]:
    """How many there are of one kind, and since when."""
    return {
        "code": group.code,
        "standing": group.standing,
        "count": group.count,
        "oldest": _told(group.oldest),
        "newest": _told(group.newest),
    }


def whole(received: Received) -> dict[str, object]:
    """The message whole."""
    return {
        "version": VERSION,
        "undecodable": received.undecodable,
        "exchange": received.exchange,
        "routing_key": received.routing_key,
        **{name: getattr(received.message, name) for name in _TEXTS},
        "timestamp": _told(received.message.timestamp),
        "headers": {
            str(name): _value(each)
            for name, each in received.message.headers.items()
            # The broker's, and another one after each look.
            if name not in _COUNTS
        },
        "body": base64.b64encode(received.message.body).decode("ascii"),
    }


def from_json(line: object) -> Received:
    """The message of a line that `export` wrote; UnreadableExportError for any other."""
    try:
        if isinstance(line, dict) and line.get("version") == VERSION:
            return _message(line)
        raise UnreadableExportError("it is not a line of `export`")
    except (ValueError, binascii.Error, InvalidOperation, ArithmeticError) as error:
        raise UnreadableExportError(str(error)) from error


def _message(line: Mapping[str, object]) -> Received:
    body, headers = line.get("body"), line.get("headers")
    if not isinstance(body, str) or not isinstance(headers, dict):
        raise UnreadableExportError("it has no body or no headers")
    texts: dict[str, str | None] = {}
    for name in _TEXTS:
        value = line.get(name)
        if value is not None and not isinstance(value, str):
            raise UnreadableExportError(f"{name} is no text")
        texts[name] = value
    produced_at = line.get("timestamp")
    undecodable = line.get("undecodable")
    message = Message(
        body=base64.b64decode(body, validate=True),
        timestamp=None if produced_at is None else from_rfc3339(str(produced_at)),
        headers={name: value_of(value) for name, value in headers.items()},
        message_id=texts["message_id"],
        correlation_id=texts["correlation_id"],
        reply_to=texts["reply_to"],
        content_type=texts["content_type"],
        content_encoding=texts["content_encoding"],
        type=texts["type"],
        app_id=texts["app_id"],
        user_id=texts["user_id"],
    )
    return Received(
        message,
        str(line.get("exchange", "")),
        str(line.get("routing_key", "")),
        undecodable=None if undecodable is None else str(undecodable),
    )


def _value(value: object) -> object:
    match value:
        case datetime():
            return {"$time": to_rfc3339(value)}
        case bytes() | bytearray():
            return {"$bytes": base64.b64encode(value).decode("ascii")}
        case Decimal():
            return {"$decimal": str(value)}
        case Mapping():
            return {"$table": {str(name): _value(each) for name, each in value.items()}}
        case list():
            return [_value(each) for each in value]
        case _:
            return value


def value_of(value: object) -> object:
    """A header's value that was written as `_value` writes it."""
    match value:
        case {"$time": str(text)}:
            return from_rfc3339(text)
        case {"$bytes": str(text)}:
            return base64.b64decode(text, validate=True)
        case {"$decimal": str(text)}:
            return Decimal(text)
        case {"$table": dict(table)}:
            return {str(name): value_of(each) for name, each in table.items()}
        case list():
            return [value_of(each) for each in value]
        case _:
            return value


def _told(moment: datetime | None) -> str | None:
    return None if moment is None else to_rfc3339(moment)
