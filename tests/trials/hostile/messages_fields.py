"""A header field of every type, extremes included, and the relay's own headers from a stranger."""

import random
import struct
import time

from tests.trials.hostile.messages import (
    ORDERED,
    REJECTED,
    Case,
    Family,
    Fate,
    body,
    case,
)
from tests.world.broker import wire

_text, _int = wire.text_field, wire.integer_field


def double(value: float) -> bytes:
    """A float in 64 bits."""
    return b"d" + struct.pack(">d", value)


def decimal(scale: int, value: int) -> bytes:
    """A decimal with `scale` places after the point."""
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


DAY_SECONDS = 86_400
FAILED = frozenset({Fate.FAILED})
OURS = b"x-order-relay-"

_text, _int = wire.text_field, wire.integer_field


def deadline(chance: random.Random, number: int) -> Case:
    """Deadlines of every type: past, far off, and none."""
    now = int(time.time())
    # fmt: off
    name, field, fates = chance.choice((
        ("past", wire.timestamp_field(now - 60), FAILED), ("past", _int(now - 60), FAILED),
        ("past", double(now - 60.5), FAILED), ("epoch", _int(0), FAILED),
        ("small", b"b\x05", FAILED), ("future", wire.timestamp_field(now + DAY_SECONDS), ORDERED),
        ("future", double(now + DAY_SECONDS + 0.5), ORDERED),
        ("last", _int(253_402_300_799), ORDERED), ("too late", _int(253_402_300_800), REJECTED),
        ("milliseconds", _int(now * 1000), REJECTED), ("negative", _int(-1), REJECTED),
        ("1e300", double(1e300), REJECTED), ("text", _text(b"2030-01-01T00:00:00Z"), REJECTED),
        ("digits", _text(b"4102444800"), REJECTED), ("true", b"t\x01", REJECTED),
        ("decimal", decimal(0, 2**31), ORDERED),
        ("after 2106", wire.timestamp_field(2**32), ORDERED),
        ("late", wire.timestamp_field(2**64 - 1), REJECTED), ("void", b"V", REJECTED),
        ("table", FIELDS["table"], REJECTED), ("binary", FIELDS["binary"], REJECTED),
    ))
    # fmt: on
    headers = wire.table([(OURS + b"deadline", field)])
    return case("deadline", name, number, fates, headers=headers)


def _when(seconds: float) -> bytes:
    text = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() + seconds))
    return _text(text.encode())


def forged(chance: random.Random, number: int) -> Case:
    """Our own headers from a stranger: none counts, whatever is in it."""
    # fmt: off
    name, field = chance.choice((
        (b"attempts", _int(-1)), (b"attempts", _int(10**18)), (b"attempts", _int(12)),
        (b"attempts", double(1.0)), (b"attempts", _text(b"1")), (b"attempts", b"V"),
        (b"retries", _int(10**6 + 1)), (b"retries", FIELDS["array"]), (b"suspicions", _int(4)),
        (b"first-seen", _when(-2 * DAY_SECONDS)), (b"first-seen", _when(9 * DAY_SECONDS)),
        (b"first-seen", _text(b"yesterday")), (b"first-seen", FIELDS["timestamp"]),
        (b"unknown-since", _when(-2 * DAY_SECONDS)), (b"unknown-since", _int(1)),
        (b"unknown-since", _text(b"\xff")), (b"", _int(1)), (b"Attempts", _int(12)),
        *((each, chance.choice(list(FIELDS.values()))) for each in (
            b"attempts", b"unknown-since", b"last-outcome", b"original-exchange", b"parked-status",
        )),
    ))
    # fmt: on
    headers = wire.table([(OURS + name, field)])
    return case("forged", f"{name.decode()} {field!r:.40}", number, ORDERED, headers=headers)


def forged_and_invalid(chance: random.Random, number: int) -> Case:
    """An order that cannot be read, and says that it was sent before: that is not so."""
    pairs = [(OURS + b"attempts", _int(3)), (OURS + b"unknown-since", _when(-60))]
    bodies = (body(number, quantity=chance.choice((0, "1", None, 1.5))),)
    headers = wire.table(pairs)
    return case("forged, invalid", "sent before", number, REJECTED, headers=headers, bodies=bodies)


OURS_FORGED: tuple[Family, ...] = (deadline, forged, forged_and_invalid)
