"""A header field of every type, extremes included."""

import struct

from tests.world.broker import wire

_text, _int = wire.text_field, wire.integer_field


def double(value: float) -> bytes:
    """A float in 64 bits."""
    return b"d" + struct.pack(">d", value)


def decimal(scale: int, value: int) -> bytes:
    """A decimal: so many places after the point."""
    return b"D" + struct.pack(">BI", scale, value & 0xFFFFFFFF)


FIELDS: dict[str, bytes] = {
    "true": b"t\x01",
    "odd boolean": b"t\x07",
    "int8": b"b\x80",
    "uint8": b"B\xff",
    "int16": b"s" + struct.pack(">h", -(2**15)),
    "uint16": b"u\xff\xff",
    "int32": b"I" + struct.pack(">i", -(2**31)),
    "uint32": b"i\xff\xff\xff\xff",
    "int64": _int(-(2**63)),
    "largest": _int(2**63 - 1),
    "float": b"f" + struct.pack(">f", 0.1),
    "double": double(1e300),
    "minus zero": double(-0.0),
    "decimal": decimal(2, 314),
    "huge decimal": decimal(255, 2**32 - 1),
    "negative decimal": decimal(0, -5),
    "text": _text(b"a" * 500),
    "empty text": _text(b""),
    "odd text": _text("\x00\r\n🛒\u202e".encode()),
    "text not UTF-8": _text(b"\xff\xfe"),
    "binary": wire.binary_field(bytes(range(256))),
    "void": b"V",
    "timestamp": wire.timestamp_field(1_700_000_000),
    "late timestamp": wire.timestamp_field(2**63),
    "latest timestamp": wire.timestamp_field(2**64 - 1),
    "table": wire.table_field(wire.table([(b"a", _int(1)), (b"", b"V")])),
    "empty table": wire.table_field(wire.table([])),
    "array": wire.array_field([_int(1), _text(b"a"), b"V", b"t\x00"]),
    "empty array": wire.array_field([]),
}
"""A field of every type that the broker takes, extremes included."""

NO_NUMBERS = (b"f\x7f\xc0\x00\x00", double(float("nan")), double(float("-inf")))
"""What Erlang has no value for: the broker hangs up on them."""
