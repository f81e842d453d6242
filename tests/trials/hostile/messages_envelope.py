"""Hostile properties: ids, encodings, times, what the broker acts on, and where replies go."""

import random
from dataclasses import replace

from tests.trials.hostile.messages import (
    ANYTHING,
    DAMAGED,
    MARK,
    ORDERED,
    ORDERED_OR_DAMAGED,
    REFUSED_BY_BROKER,
    REJECTED,
    Case,
    Family,
    Fate,
    body,
    case,
    of_property,
)
from tests.world.broker.wire import Raw

_MAY_HAVE_ID = ("message_id", "correlation_id", "reply_to")

# Several values a line: the formatter would give each its own.
# fmt: off
_MAY_EXPIRE = frozenset({Fate.ORDERED, Fate.PARKED})
NOT_UTF8 = (
    b"\xff\xfe", b"\x80", b"\xc3\x28", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"a\xc0\xaf",
)
ODD_TEXT = (
    b"\x00", b"a\x00b", b"\r\nX: y", b"\n", b"\x1b[2J\x1b[31m", b"\x7f", "\u202eabc\u202c".encode(),
    "🛒".encode(), "\ufeff".encode(), "\u2028".encode(), b'"}{"level":"error"', b"%s%n{0}",
    b"../../etc/passwd", b" ", b"&key=x&action=y", b"null",
)
_TIMES = (
    0, 1, 1_700_000_000, 2**31, 2**32, 4_102_444_800, 253_402_300_799, 253_402_300_800,
    1_700_000_000_000, 1_700_000_000_000_000, 1_700_000_000_000_000_000, 2**63 - 1, 2**63,
    2**64 - 1,
)
_FOR_THE_BROKER: tuple[tuple[str, Raw, frozenset[Fate]], ...] = (
    ("priority", 0, ORDERED), ("priority", 9, ORDERED), ("priority", 255, ORDERED),
    ("expiration", b"60000", ORDERED), ("expiration", b"0", _MAY_EXPIRE),
    ("expiration", b"1", _MAY_EXPIRE), ("expiration", b"-1", REFUSED_BY_BROKER),
    ("expiration", b"soon", REFUSED_BY_BROKER), ("expiration", b"", REFUSED_BY_BROKER),
    ("expiration", b"\xff", REFUSED_BY_BROKER), ("expiration", b"9" * 200, REFUSED_BY_BROKER),
    ("user_id", b"somebody-else", REFUSED_BY_BROKER), ("user_id", b"", REFUSED_BY_BROKER),
    ("user_id", b"\xff", REFUSED_BY_BROKER), ("cluster_id", b"x" * 255, ORDERED),
)
_CONTENT: tuple[tuple[str, Raw, frozenset[Fate]], ...] = (
    ("content_type", b"text/plain", REJECTED), ("content_type", b"application/jsonx", REJECTED),
    ("content_type", b"application/xml; application/json", REJECTED),
    ("content_type", b"; application/json", REJECTED), ("content_type", b"\x00", REJECTED),
    ("content_type", b"x" * 255, REJECTED),
    ("content_type", "\u0430pplication/json".encode(), REJECTED), ("content_type", b"", ORDERED),
    ("content_type", b"APPLICATION/JSON ;charset=UTF-8", ORDERED),
    ("content_encoding", b"gzip", REJECTED), ("content_encoding", b"\r\n", REJECTED),
    ("content_encoding", b"e" * 255, REJECTED), ("content_encoding", b"", ORDERED),
    ("content_encoding", b"identity", ORDERED),
)
# fmt: on


def ids(chance: random.Random, number: int) -> Case:
    """Ids of every length, and with anything in them: up to 128 characters it is an id."""
    mark = MARK % number
    odd = chance.choice(ODD_TEXT)
    value, fates = chance.choice(
        (
            (mark.ljust(128, b"x"), ORDERED),
            (mark.ljust(129, b"x"), DAMAGED),
            (mark.ljust(255, b"x"), DAMAGED),
            (mark + "é".encode() * 118, ORDERED),
            (mark + "é".encode() * 120, DAMAGED),
            (mark + odd, ORDERED),
            (odd + mark, ORDERED),
            (mark + "🛒".encode() * 61, ORDERED),
        )
    )
    return case(
        "id", f"{len(value)} bytes {odd!r}", number, fates, properties={"message_id": value}
    )


def no_id(chance: random.Random, number: int) -> Case:
    """Without an id it is no order: parked, and answered where it says to whom."""
    name = chance.choice(("missing", "empty"))
    mark = MARK % number
    told = {"reply_to": mark + b"r", "correlation_id": mark + b"c"}
    for key in ("reply_to", "correlation_id"):
        if chance.random() < 0.5:
            del told[key]
    fates = DAMAGED if told else frozenset({Fate.PARKED})
    properties: dict[str, Raw | None] = dict.fromkeys(_MAY_HAVE_ID)
    properties |= told
    if name == "empty":
        properties["message_id"] = b""
    title = f"{name}, {'told' if told else 'nobody to tell'}"
    return case("no id", title, number, fates, properties=properties)


def twice_at_once(chance: random.Random, number: int) -> Case:
    """One id two or three times: one order, and for another body a conflict."""
    same = chance.random() < 0.5
    again = body(number) if same else body(number, quantity=200)
    bodies = (body(number), *[again] * chance.choice((1, 2)))
    fates = ORDERED if same else frozenset({Fate.ORDERED, Fate.REJECTED})
    return case("one id twice", "same" if same else "another body", number, fates, bodies=bodies)


def routing_key(chance: random.Random, number: int) -> Case:
    """A routing key that is not UTF-8, or just odd: copies carry it in a header."""
    if chance.random() < 0.5:
        value = chance.choice(NOT_UTF8)
        return replace(case("routing key", repr(value), number, DAMAGED), routing_key=value)
    value = chance.choice((*ODD_TEXT, b"", b"#", b"*", b"." * 200, b"k" * 255))
    return replace(case("routing key", repr(value[:20]), number, ORDERED), routing_key=value)


def where_to(chance: random.Random, number: int) -> Case:
    """Replies to anywhere, under any correlation id."""
    odd = chance.choice((*ODD_TEXT, b"#", b"*.*", b"." * 255, b"order.accepted", b"amq.default"))
    correlation = MARK % number + chance.choice((*ODD_TEXT, b"c" * 240))
    properties: dict[str, Raw | None] = {"reply_to": odd, "correlation_id": correlation}
    return case("where to", repr(odd[:20]), number, ORDERED, properties=properties)


def anything(chance: random.Random, number: int) -> Case:
    """Several properties of random bytes at once."""
    # One of the two keeps the mark, else the reply could not be told from others.
    known = chance.choice(("correlation_id", "message_id"))
    names = ("content_type", "content_encoding", "reply_to", "app_id", known)
    chosen = chance.sample(names, chance.randrange(1, len(names)))
    properties: dict[str, Raw | None] = {
        name: chance.randbytes(chance.randrange(60)) for name in chosen
    }
    fates = ANYTHING - {Fate.FAILED, Fate.UNKNOWN}
    return case("random properties", ", ".join(chosen), number, fates, properties=properties)


_TEXTS = "message_id correlation_id content_type content_encoding reply_to type app_id cluster_id"

ENVELOPE: tuple[Family, ...] = (
    ids,
    no_id,
    twice_at_once,
    # The first of the traps; the broker's own property is no matter of the relay's.
    of_property(
        "not UTF-8",
        [
            (name, value, ORDERED_OR_DAMAGED if name == "cluster_id" else DAMAGED)
            for name in _TEXTS.split()
            for value in NOT_UTF8
        ],
    ),
    routing_key,
    # Before, after, and beyond all calendars.
    of_property("timestamp", [("timestamp", value, ORDERED) for value in _TIMES]),
    # Modes that there are not: the second trap; 3.10 may refuse them.
    of_property(
        "delivery mode",
        [("delivery_mode", mode, ORDERED | REFUSED_BY_BROKER) for mode in (0, 1, 3, 4, 255)],
    ),
    of_property("for the broker", _FOR_THE_BROKER),
    where_to,
    # Wrong, or only looking so.
    of_property("content", _CONTENT),
    anything,
)
