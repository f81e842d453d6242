"""Hostile headers: every type, every size, left-overs of the broker, and our own names forged."""

import random
import struct
import time

from tests.broker import wire
from tests.hostile.messages import (
    DAMAGED,
    ORDERED,
    ORDERED_OR_DAMAGED,
    REFUSED_BY_BROKER,
    REJECTED,
    Case,
    Family,
    Fate,
    body,
    case,
)
from tests.hostile.messages_envelope import NOT_UTF8, ODD_TEXT

DAY_SECONDS = 86_400
FAILED = frozenset({Fate.FAILED})
UNKNOWN = frozenset({Fate.UNKNOWN})
OURS = b"x-order-relay-"
_KIB = 1024

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


def every_type(chance: random.Random, number: int) -> Case:
    """Header values of every type, alone and in a table and in an array."""
    names = chance.sample(sorted(FIELDS), chance.randrange(1, 12))
    pairs = [(name.encode(), FIELDS[name]) for name in names]
    pairs.append((b"nested", wire.table_field(wire.table(pairs))))
    pairs.append((b"list", wire.array_field([field for _, field in pairs[:-1]])))
    title = ", ".join(names)
    return case("value types", title, number, ORDERED_OR_DAMAGED, headers=wire.table(pairs))


def no_numbers(chance: random.Random, number: int) -> Case:
    """NaN and infinity, in a header, in a list, or as our deadline."""
    field = chance.choice(NO_NUMBERS)
    name, value, fates = chance.choice(
        (
            (b"n", field, ORDERED_OR_DAMAGED),
            (b"n", wire.array_field([field]), ORDERED_OR_DAMAGED),
            (b"x-death", wire.array_field([field]), ORDERED_OR_DAMAGED),
            (OURS + b"deadline", field, REJECTED),
        )
    )
    table = wire.table([(name, value)])
    fates |= REFUSED_BY_BROKER
    return case("no numbers", f"{name!r} {value!r:.40}", number, fates, headers=table)


def no_type(chance: random.Random, number: int) -> Case:
    """Types that there are not, and tables that end too soon: the broker hangs up."""
    table = chance.choice(
        (
            wire.table([(b"a", b"Z123")]),
            wire.table([(b"a", b"L" + bytes(8))]),
            wire.longstr(b"\x05abc"),
            wire.table([(b"a", b"S\x00\x00\xff\xff")]),
            wire.table([(b"a", b"I\x00")]),
            struct.pack(">I", 99) + b"\x01aV",
        )
    )
    fates = ORDERED_OR_DAMAGED | REFUSED_BY_BROKER
    return case("broken tables", repr(table[:20]), number, fates, headers=table)


def keys(chance: random.Random, number: int) -> Case:
    """Header keys that are not UTF-8, too long, empty, there twice, or odd."""
    field = _int(1)
    key, fates = chance.choice(
        (
            (chance.choice(NOT_UTF8), DAMAGED),
            (b"k" * 128, ORDERED),
            (b"k" * 129, DAMAGED),
            (b"k" * 255, DAMAGED),
            (b"", ORDERED_OR_DAMAGED),
            (chance.choice(ODD_TEXT), ORDERED_OR_DAMAGED),
        )
    )
    inside = chance.random() < 0.3
    pairs = [(key, field)] * chance.choice((1, 2))
    table = wire.table([(b"t", wire.table_field(wire.table(pairs)))] if inside else pairs)
    return case("header keys", f"{key!r:.30} {inside}", number, fates, headers=table)


def depth(chance: random.Random, number: int) -> Case:
    """Headers in headers in headers, up to what a frame holds."""
    levels = chance.choice((10, 30, 40, 600, 1500, 5000))
    fates = ORDERED if levels <= 30 else DAMAGED
    return case("depth", str(levels), number, fates, headers=wire.deep_table(levels))


def size(chance: random.Random, number: int) -> Case:
    """Headers at the bounds of 64 KiB and of the frame of 128 KiB."""
    wanted = chance.choice((60, 63, 64, 65, 100, 126, 127)) * _KIB + chance.choice((-1, 0, 1))
    pairs, fates = [(b"big", _text(b"x" * wanted))], DAMAGED
    if chance.random() < 0.3:
        each = wanted // 20
        pairs = [(b"%06d" % at, _text(b"y" * 9)) for at in range(each)]
    if wanted < 64 * _KIB:
        fates = ORDERED_OR_DAMAGED
    return case("size", f"{wanted} in {len(pairs)}", number, fates, headers=wire.table(pairs))


def _death(chance: random.Random, queue: bytes) -> bytes:
    pairs = [
        (b"queue", _text(queue)),
        (b"reason", _text(chance.choice((b"expired", b"rejected", b"maxlen", b"delivery_limit")))),
        (b"count", _int(chance.choice((0, 1, 49, 10**18, -1)))),
        (b"exchange", _text(b"")),
        (b"time", wire.timestamp_field(1_700_000_000)),
        (b"routing-keys", wire.array_field([_text(queue)])),
    ]
    if chance.random() < 0.5:
        at = chance.randrange(len(pairs))
        pairs[at] = (pairs[at][0], chance.choice(list(FIELDS.values())))
    if chance.random() < 0.2:
        del pairs[chance.randrange(len(pairs))]
    return wire.table_field(wire.table(pairs))


def deaths(chance: random.Random) -> bytes:
    """A left-over `x-death`, well or badly shaped."""
    if chance.random() < 0.3:
        return chance.choice(list(FIELDS.values()))
    queues = (b"orders.requests", b"orders.retry.1", b"orders.parked", b"elsewhere")
    return wire.array_field([_death(chance, queue) for queue in queues[: chance.randrange(5)]])


def left_over(chance: random.Random, number: int) -> Case:
    """What a broker wrote about an earlier life, or a producer in its name."""
    pairs = [(b"x-death", deaths(chance))]
    for name in (b"x-first-death-queue", b"x-last-death-reason", b"x-first-death-exchange"):
        if chance.random() < 0.5:
            pairs.append((name, chance.choice((_text(b"orders.parked"), *FIELDS.values()))))
    for name in (b"x-delivery-count", b"x-acquired-count", b"x-opt-delivery-count"):
        if chance.random() < 0.5:
            pairs.append((name, chance.choice((_int(10**18), _int(-1), *FIELDS.values()))))
    return case("left over", repr(pairs[0][1][:40]), number, ORDERED, headers=wire.table(pairs))


def left_over_and_damaged(chance: random.Random, number: int) -> Case:
    """The same on a message that only the broker can park: it has to read what it finds there."""
    table = wire.table([(b"x-death", deaths(chance)), (b"k" * 129, _int(1))])
    return case("left over, damaged", repr(table[4:60]), number, DAMAGED, headers=table)


def copies(chance: random.Random, number: int) -> Case:
    """CC and BCC, which route more copies, to the same queue and to none; 3.10 wants arrays."""
    name = chance.choice((b"CC", b"BCC", b"cc"))
    keys = [chance.choice((b"order.request", b"", b"other", b"\xff", b"#")) for _ in range(3)]
    good = wire.array_field([_text(key) for key in keys])
    field = chance.choice((good, good, *FIELDS.values()))
    fates = ORDERED_OR_DAMAGED | REFUSED_BY_BROKER
    return case("CC and BCC", repr(field[:30]), number, fates, headers=wire.table([(name, field)]))


def deadline(chance: random.Random, number: int) -> Case:
    """Deadlines of every type: past, far off, and none."""
    now = int(time.time())
    name, field, fates = chance.choice(
        (
            ("past", wire.timestamp_field(now - 60), FAILED),
            ("past", _int(now - 60), FAILED),
            ("past", double(now - 60.5), FAILED),
            ("epoch", _int(0), FAILED),
            ("small", b"b\x05", FAILED),
            ("future", wire.timestamp_field(now + DAY_SECONDS), ORDERED),
            ("future", double(now + DAY_SECONDS + 0.5), ORDERED),
            ("last", _int(253_402_300_799), ORDERED),
            ("too late", _int(253_402_300_800), REJECTED),
            ("milliseconds", _int(now * 1000), REJECTED),
            ("negative", _int(-1), REJECTED),
            ("1e300", double(1e300), REJECTED),
            ("text", _text(b"2030-01-01T00:00:00Z"), REJECTED),
            ("digits", _text(b"4102444800"), REJECTED),
            ("true", b"t\x01", REJECTED),
            ("decimal", decimal(0, 2**31), REJECTED),
            ("late", wire.timestamp_field(2**64 - 1), REJECTED),
            ("void", b"V", REJECTED),
            ("table", FIELDS["table"], REJECTED),
            ("binary", FIELDS["binary"], REJECTED),
        )
    )
    headers = wire.table([(OURS + b"deadline", field)])
    return case("deadline", name, number, fates, headers=headers)


def _when(seconds: float) -> bytes:
    text = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() + seconds))
    return _text(text.encode())


def forged(chance: random.Random, number: int) -> Case:
    """Our own headers from a stranger: what the relay never writes is refused, the rest believed."""
    name, field, fates = chance.choice(
        (
            (b"attempts", _int(-1), REJECTED),
            (b"attempts", _int(10**18), REJECTED),
            (b"attempts", _int(12), FAILED),
            (b"attempts", _int(1_000_000), FAILED),
            (b"attempts", double(1.0), REJECTED),
            (b"attempts", b"t\x01", REJECTED),
            (b"attempts", _text(b"1"), REJECTED),
            (b"attempts", b"V", REJECTED),
            (b"attempts", b"b\x03", ORDERED),
            (b"retries", _int(10**6), ORDERED),
            (b"retries", _int(10**6 + 1), REJECTED),
            (b"retries", FIELDS["array"], REJECTED),
            (b"first-seen", _when(-2 * DAY_SECONDS), FAILED),
            (b"first-seen", _when(9 * DAY_SECONDS), ORDERED),
            (b"first-seen", _text(b"0001-01-01T00:00:00+23:59"), REJECTED | FAILED),
            (b"first-seen", _text(b"9999-12-31T23:59:59-23:59"), REJECTED),
            (b"first-seen", _text(b"yesterday"), REJECTED),
            (b"first-seen", FIELDS["timestamp"], REJECTED),
            (b"unknown-since", _when(-2 * DAY_SECONDS), UNKNOWN),
            (b"unknown-since", _when(0), ORDERED),
            (b"unknown-since", _when(9 * DAY_SECONDS), ORDERED),
            (b"unknown-since", _int(1), REJECTED),
            (b"unknown-since", _text(b"\xff"), REJECTED | DAMAGED),
            (b"last-outcome", chance.choice(list(FIELDS.values())), ORDERED_OR_DAMAGED),
            (b"original-exchange", chance.choice(list(FIELDS.values())), ORDERED_OR_DAMAGED),
            (b"parked-status", chance.choice(list(FIELDS.values())), ORDERED_OR_DAMAGED),
            (b"" , _int(1), ORDERED),
            (b"Attempts", _int(12), ORDERED),
        )
    )
    headers = wire.table([(OURS + name, field)])
    return case("forged", f"{name.decode()} {field!r:.40}", number, fates, headers=headers)


def forged_and_invalid(chance: random.Random, number: int) -> Case:
    """An order that cannot be read, and says that it was sent before: a person must look."""
    pairs = [(OURS + b"attempts", _int(3)), (OURS + b"unknown-since", _when(-60))]
    bodies = (body(number, quantity=chance.choice((0, "1", None, 1.5))),)
    headers = wire.table(pairs)
    return case("forged, invalid", "sent before", number, UNKNOWN, headers=headers, bodies=bodies)


HEADERS: tuple[Family, ...] = (
    every_type,
    no_numbers,
    no_type,
    keys,
    depth,
    size,
    left_over,
    left_over_and_damaged,
    copies,
    deadline,
    forged,
    forged_and_invalid,
)
