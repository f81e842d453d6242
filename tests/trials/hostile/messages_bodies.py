"""Hostile bodies: no JSON, too much of it, and orders that break every rule."""

import json
import random

from tests.trials.hostile.messages import ORDERED, REJECTED, Case, Family, Fate, body, case, values

LIMIT_BYTES = 64 * 1024
EITHER = frozenset({Fate.ORDERED, Fate.REJECTED})

# Several values a line: the formatter would give each its own.
# fmt: off
_WRONG_INTEGERS: tuple[object, ...] = (
    "1000", 1000.0, 1e3, True, False, None, [], {}, 0, -1, 2**63, 10**39, 1.5, "",
    "\u0661\u0660\u0660", ["1"],
)
_WRONG_LINKS: tuple[object, ...] = (
    "", " ", None, 7, True, [], {"href": "x"}, "example.com", "ftp://example.com/",
    "javascript:alert(1)", "//example.com/", "http://", "http:///x", "https://[", "https://a b/",
    "https://example.com/\r\nX: y", "https://example.com/\x00", "https://example.com/\ud800",
    "https://example.com/" + "x" * 1000, "x" * 60_000,
)
_EXTRA: tuple[tuple[str, object, frozenset[Fate]], ...] = (
    ("key", "x", REJECTED), ("Key", "x", REJECTED), ("action", "balance", REJECTED),
    ("ACTION", 1, REJECTED), ("request_id", "other", REJECTED), ("Request_Id", None, REJECTED),
    ("Quantity", 5, REJECTED), ("extra", {"a": 1}, REJECTED), ("extra", [1], REJECTED),
    ("extra", None, REJECTED), ("key[]", "x", REJECTED), ("request.id", "x", REJECTED),
    ("a&key", "x", REJECTED), ("", "x", REJECTED), ("\x00", "x", REJECTED),
    ("k\u0435y", "x", REJECTED), ("x" * 65, 1, REJECTED), ("comments", "x" * 10_001, REJECTED),
    ("comments", "a\x00b", REJECTED), ("comments", "\ud800", REJECTED),
    ("comments", "a\r\nb&key=other&c=\U0001f6d2", ORDERED), ("comments", "x" * 10_000, ORDERED),
    ("extra", True, ORDERED), ("extra", -0.5, ORDERED), ("extra", 1e300, ORDERED),
    ("extra", 10**39, ORDERED), ("extra", "", ORDERED), ("__proto__", "x", ORDERED),
    ("constructor", 1, ORDERED),
)
# fmt: on


def no_json(chance: random.Random, number: int) -> Case:
    """Bodies that are no JSON object in UTF-8, or only nearly one."""
    good = body(number)
    text = good.decode()
    # fmt: off
    content = chance.choice((
        b"", b" ", b"null", b"[]", b"17", b'"text"', b"\x00", b"\xff\xfe\x00", b"[" + good + b"]",
        good + good, good + b"x", good[:-1], b"\xef\xbb\xbf" + good, text.encode("utf-16"),
        text.encode("utf-16-be"), text.encode("utf-32"), good.replace(b'"', b"'"),
        good.replace(b'"link"', b"link"), good[:-1] + b",}", good[:-1] + b', "x": "\xff"}',
        good[:-1] + b', "x": "\xed\xa0\x80"}', good[:-1] + b', "x": "a\nb"}',
        good[:-1] + b', "x": 01}', good[:-1] + b', "x": NaN}', good[:-1] + b', "x": -Infinity}',
        good[:-1] + b', "x": 1e999}', good[:-1] + b', "x": ' + b"9" * 5000 + b"}",
        good[:-1] + b', "x": 0.' + b"1" * 5000 + b"}", good[:-1] + b', "x": 1, "x": 1}',
        good[:-1] + b', "quantity": 100}', b'{"a":' * 5000, b"[" * 60_000,
        b'{"a":' * 900 + b"1" + b"}" * 900, good[:-1] + b', "x": ' + b"[" * 400 + b"]" * 400 + b"}",
        b"--boundary\r\n" + good, b"key=x&action=add&service=1&quantity=1", b"<order/>",
    ))
    # fmt: on
    return case("no JSON object", repr(content[-40:]), number, REJECTED, bodies=(content,))


def sizes(chance: random.Random, number: int) -> Case:
    """64 KiB and one more."""
    size = LIMIT_BYTES + chance.choice((-1, 0, 0, 1, 1, 70_000, 1_000_000))
    fates = ORDERED if size <= LIMIT_BYTES else REJECTED
    return case("body size", str(size), number, fates, bodies=(body(number).ljust(size),))


def wrong_fields(chance: random.Random, number: int) -> Case:
    """A field of the wrong type, out of range, or missing."""
    name = chance.choice(("service", "quantity", "runs", "interval", "link", "username", "coupon"))
    match name:
        case "link":
            value = chance.choice(_WRONG_LINKS)
        case "username" | "coupon":
            value = chance.choice(("", None, 1, True, [], {}, "a\x07b", "x" * 1001, "\ud800"))
        case _:
            value = chance.choice(_WRONG_INTEGERS)
    changed = values(number, **{name: value})
    if chance.random() < 0.2:
        del changed[chance.choice(("service", "quantity", "link"))]
    bodies = (json.dumps(changed).encode(),)
    return case("wrong fields", f"{name} {value!r:.40}", number, REJECTED, bodies=bodies)


def extra_fields(chance: random.Random, number: int) -> Case:
    """More keys: scalars go on as they are, reserved ones and the rest make it invalid."""
    name, value, fates = chance.choice(_EXTRA)
    bodies = (body(number, **{name: value}),)
    return case("extra fields", f"{name!r:.20} {value!r:.20}", number, fates, bodies=bodies)


def links(chance: random.Random, number: int) -> Case:
    """Links at the edge of what is allowed."""
    link = str(values(number)["link"])
    value = chance.choice(
        (
            link.ljust(1000, "x"),
            link + "?a=b&key=c#d%00",
            link + "🛒",
            link.replace("example.com", "user:pass@example.com:99999"),
            link.replace("example.com", "[::1]"),
            link.replace("https", "HTTPS"),
            link + "\u202e",
        )
    )
    return case("links", value[-30:], number, EITHER, bodies=(body(number, link=value),))


def many_keys(chance: random.Random, number: int) -> Case:
    """Many keys or too many, good or each of them wrong."""
    good = chance.random() < 0.5
    more = {f"k{at}": at if good else [at] for at in range(chance.choice((50, 90, 101, 3000)))}
    fates = ORDERED if good and len(more) <= 90 else REJECTED
    return case("many keys", str(len(more)), number, fates, bodies=(body(number, **more),))


def mutated(chance: random.Random, number: int) -> Case:
    """A good body with some bytes changed, lost, or doubled."""
    content = bytearray(body(number))
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(content))
        match chance.randrange(3):
            case 0:
                content[at] = chance.randrange(256)
            case 1:
                del content[at]
            case _:
                content[at:at] = content[at : at + chance.randrange(1, 9)]
    return case("mutated", repr(bytes(content[:40])), number, EITHER, bodies=(bytes(content),))


BODIES: tuple[Family, ...] = (no_json, sizes, wrong_fields, extra_fields, links, many_keys, mutated)
