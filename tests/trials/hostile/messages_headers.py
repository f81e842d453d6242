"""Hostile headers: every type, every size, left-overs of the broker, and our own names forged."""

import random
import struct

from tests.trials.hostile.messages import (
    DAMAGED,
    ORDERED,
    ORDERED_OR_DAMAGED,
    REFUSED_BY_BROKER,
    REJECTED,
    Case,
    Family,
    case,
)
from tests.trials.hostile.messages_envelope import NOT_UTF8, ODD_TEXT
from tests.trials.hostile.messages_fields import FIELDS, NO_NUMBERS, OURS, OURS_FORGED
from tests.world.broker import wire

_KIB = 1024
_FRAME_BYTES = 128 * _KIB

_text, _int = wire.text_field, wire.integer_field


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
    wanted = chance.choice((60, 63, 64, 65, 100, 126, 127, 128, 200)) * _KIB + chance.choice(
        (-1, 0, 1)
    )
    pairs, fates = [(b"big", _text(b"x" * wanted))], DAMAGED
    if chance.random() < 0.3:
        pairs = [(b"%06d" % at, _text(b"y" * 8)) for at in range(wanted // 20)]
    if wanted < 64 * _KIB:
        fates = ORDERED_OR_DAMAGED
    if wanted > _FRAME_BYTES - _KIB:
        fates = DAMAGED | REFUSED_BY_BROKER
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
    odd = (_text(b"orders.parked"), _int(10**18), _int(-1), *FIELDS.values())
    names = (
        b"x-first-death-queue",
        b"x-first-death-exchange",
        b"x-last-death-reason",
        b"x-delivery-count",
        b"x-acquired-count",
        b"x-opt-delivery-count",
    )
    chosen = chance.sample(names, chance.randrange(len(names)))
    pairs += [(name, chance.choice(odd)) for name in chosen]
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
    *OURS_FORGED,
)
