"""Decoders for pamqp that no message can break, and that guess nothing.

pamqp raises on invalid UTF-8 in short strings and header keys, on timestamps past the year 9999
and on deep nesting. aiormq's reader dies of it, the broker delivers the message again to the next
connection, and so on for ever. These decoders read such values as marked ones, so that the one
message can be rejected. pamqp also takes seconds past the year 2106 for milliseconds, which made a
deadline far ahead one of the past, and takes large decimals for negative ones.

Another server at the broker's port must not do harm either: the text of an HTTP answer reads
as a frame of a GB.

And one encoder that loses nothing: pamqp writes every float in 32 bits. A copy of a message would
have 0.10000000149 in place of 0.1, and a message with 1e300 could not be copied.

pamqp promises none of the names in `PLACES`, and this is the only module that puts anything in the
place of a library's own. Each of them is tried through pamqp's and aiormq's front doors by
`tests/edges/amqp/test_places.py`, and `pyproject.toml` bounds the versions of both.
"""

import struct
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pamqp.commands
import pamqp.decode
import pamqp.encode
import pamqp.frame
from pamqp.common import FieldArray, FieldTable, FieldValue

from service.edges.amqp.places import Place

MAX_DEPTH = 32
MAX_VALUES = 1_000
"""In 64 KiB there is room for 65,000, which take 20 times the memory as objects."""
MOST_FRAME_BYTES = 128 * 1024 * 1024
"""As the largest message that RabbitMQ 3.10 takes; by default no frame has more than 128 KiB."""

_LONGEST_SCALAR_BYTES = 9
_TEXT = ord("S")
_TOO_MANY = f"there are more than {MAX_VALUES} headers"
_LENGTH = struct.Struct(">I")
_SECONDS = struct.Struct(">Q")
_DECIMAL = struct.Struct(">BI")
_encode_table_value = pamqp.encode.encode_table_value
_frame_parts = pamqp.frame.frame_parts


class UndecodableTable(dict[str, FieldValue]):
    """A header table that could not be read; `raw` has its bytes."""

    def __init__(self, raw: bytes) -> None:
        super().__init__()
        self.raw = raw

    def __repr__(self) -> str:
        return repr(self.raw)


class FarTimestamp(int):
    """The seconds of a timestamp in a header for which datetime has no year."""


def frame_parts(data: bytes) -> tuple[int, int, int | None]:
    """A frame's type, channel and length; the length None, which ends the connection, if too much.

    Without it all that a server sends would be kept until so much has come.
    """
    kind, channel, length = _frame_parts(data)
    return kind, channel, length if length is None or length <= MOST_FRAME_BYTES else None


def short_string(value: bytes) -> tuple[int, str]:
    """A short string; bytes that are not UTF-8 become lone surrogates."""
    length = value[0]
    return length + 1, value[1 : length + 1].decode("utf-8", "surrogateescape")


def timestamp(value: bytes) -> tuple[int, datetime | None]:
    """The moment of a timestamp, which is in seconds, or None where datetime has no year for it."""
    if len(value) < _SECONDS.size:
        return len(value), None
    size, moment = timestamp_field(value)
    return size, moment if isinstance(moment, datetime) else None


def timestamp_field(value: bytes) -> tuple[int, datetime | FarTimestamp]:
    """A timestamp in a header: its moment, or its seconds where datetime has no year for it."""
    (seconds,) = _SECONDS.unpack_from(value)
    try:
        return _SECONDS.size, datetime.fromtimestamp(seconds, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return _SECONDS.size, FarTimestamp(seconds)


def decimal(value: bytes) -> tuple[int, Decimal]:
    """A decimal, which has no sign in AMQP 0-9-1."""
    scale, digits = _DECIMAL.unpack_from(value)
    return _DECIMAL.size, Decimal(digits).scaleb(-scale)


def table(value: bytes) -> tuple[int, dict[str, FieldValue]]:
    """A header table, or an UndecodableTable of the same length."""
    if len(value) < _LENGTH.size:
        return len(value), UndecodableTable(value)
    end = 4 + _LENGTH.unpack_from(value)[0]
    try:
        return end, _Reading(value).table(4, end)
    except (ValueError, KeyError, struct.error, IndexError, OverflowError, OSError):
        return end, UndecodableTable(value[4:end])


def table_value(value: FieldArray | FieldTable | FieldValue) -> bytes:
    """A header's value as bytes on the wire, so that it is read as the same again."""
    match value:
        case float():
            return b"d" + pamqp.encode.double(value)
        case FarTimestamp():
            return b"T" + _SECONDS.pack(value)
        case Decimal() if value.is_finite() and not value.is_signed():
            scale = -int(value.as_tuple().exponent)
            return b"D" + _DECIMAL.pack(scale, int(value.scaleb(scale)))
        case _:
            return _encode_table_value(value)


class _Reading:
    """One table with all that is in it, within its bounds."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._values = 0

    def table(self, start: int, end: int, depth: int = 0) -> dict[str, FieldValue]:
        self._check(end, depth)
        result: dict[str, FieldValue] = {}
        data, offset = self._data, start
        while offset < end:
            # Not by a method: each header of each message of a large queue would call it.
            if self._values >= MAX_VALUES:
                raise ValueError(_TOO_MANY)
            at = offset + 1 + data[offset]
            # Strict: a key with surrogates could not be told from the key that it hides.
            key = data[offset + 1 : at].decode()
            if data[at] != _TEXT:
                offset, result[key] = self._value(at, depth)
                continue
            # Most are texts: through the library each takes three times as long.
            self._values += 1
            offset = at + 5 + _LENGTH.unpack_from(data, at + 1)[0]
            text = data[at + 5 : offset]
            try:
                result[key] = text.decode()
            except UnicodeDecodeError:
                result[key] = text
        _check_end(offset, end)
        return result

    def _array(self, start: int, end: int, depth: int) -> list[FieldValue]:
        self._check(end, depth)
        result: list[FieldValue] = []
        offset = start
        while offset < end:
            offset, value = self._value(offset, depth)
            result.append(value)
        _check_end(offset, end)
        return result

    def _value(self, offset: int, depth: int) -> tuple[int, FieldValue]:
        if self._values >= MAX_VALUES:
            raise ValueError(_TOO_MANY)
        self._values += 1
        kind = self._data[offset : offset + 1]
        offset += 1
        if kind in (b"F", b"A"):
            inner = offset + 4 + _LENGTH.unpack_from(self._data, offset)[0]
            read: Callable[..., FieldValue] = self.table if kind == b"F" else self._array
            return inner, read(offset + 4, inner, depth + 1)
        # A slice of what the value needs: a copy of all the rest for each would be quadratic.
        long = kind in (b"x", b"S")
        size = 4 + _LENGTH.unpack_from(self._data, offset)[0] if long else _LONGEST_SCALAR_BYTES
        consumed, value = pamqp.decode.TABLE_MAPPING[kind](self._data[offset : offset + size])
        return offset + consumed, value

    def _check(self, end: int, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise ValueError(f"headers are nested more than {MAX_DEPTH} deep")
        if end > len(self._data):
            raise ValueError("a table is longer than its frame")


def _check_end(offset: int, end: int) -> None:
    # Otherwise the bytes behind the table would be read as a part of it.
    if offset != end:
        raise ValueError("a value is longer than its table")


_DECODERS, _FIELDS = pamqp.decode.METHODS, pamqp.decode.TABLE_MAPPING
PLACES = (
    Place(
        "decode.METHODS['shortstr']",
        *(_DECODERS, "shortstr", short_string),
        "a property that is not UTF-8 ends the connection, again and again",
    ),
    Place(
        "decode.METHODS['timestamp']",
        *(_DECODERS, "timestamp", timestamp),
        "a time past the year 9999 ends the connection, again and again",
    ),
    Place(
        "decode.METHODS['table']",
        *(_DECODERS, "table", table),
        "headers that cannot be read end the connection, again and again",
    ),
    Place(
        "decode.TABLE_MAPPING[b'T']",
        *(_FIELDS, b"T", timestamp_field),
        "a deadline past the year 2106 is read as one of the past",
    ),
    Place(
        "decode.TABLE_MAPPING[b'D']",
        *(_FIELDS, b"D", decimal),
        "a large decimal is read as a negative one",
    ),
    Place(
        "encode.encode_table_value",
        *(pamqp.encode, "encode_table_value", table_value),
        "a copy of a message has other numbers than the message",
    ),
    Place(
        "frame.frame_parts",
        *(pamqp.frame, "frame_parts", frame_parts),
        "all that a wrong server sends is kept, up to 4 GB",
    ),
    Place(
        "commands.Connection.Open.valid_responses",
        *(pamqp.commands.Connection.Open, "valid_responses"),
        ["Connection.OpenOk", "Connection.Close"],
        "the refusal of a virtual host reads as an unexpected frame",
    ),
)
"""Each name of pamqp that is replaced, and why."""


def install() -> None:
    """Make pamqp use these, in the whole process; a second call changes nothing."""
    for place in PLACES:
        place.fill()
