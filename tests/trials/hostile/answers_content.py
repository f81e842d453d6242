"""Answers that are whole as HTTP, and odd in what they say."""

import json
import random
from urllib.parse import quote_plus

from tests.edges.api.clients import KEY
from tests.trials.hostile.answers import (
    ACCEPTED,
    MISCONFIGURED,
    REFUSED,
    STRICT_OR_LENIENT,
    THROTTLED,
    UNKNOWN,
    UNSURE,
    Ending,
    Family,
    Hostile,
    split,
    whole,
)

DEEPEST = 5_000
MISCONFIGURED_STATUS = {401, 403, 404, 405}
UNCERTAIN_STATUS = {408, 409, 425}

# Several values a line: the formatter would give each its own.
# fmt: off
_NO_ORDER: tuple[bytes, ...] = (
    b"", b" ", b"null", b"true", b"[]", b'"ord_1"', b"{}", b"{", b"}", b"\xff\xfe", b"\x00",
    b"<html>ord_1</html>", b'[{"order": "ord_1"}]', b'{"Order": "ord_1"}', b'{"order ": "ord_1"}',
    b'{"order": null}', b'{"order": ""}', b'{"order": true}', b'{"order": false}', b'{"order": []}',
    b'{"order": {}}', b'{"order": {"id": "ord_1"}}', b'{"order": ["ord_1"]}', b'{"order": 0.0}',
    b'{"order": NaN}', b'{"order": Infinity}', b'{"order": "' + b"x" * 60_000 + b'"}',
    b'{"order": "\\ud800"}', b'{"order": 1' + b"0" * 5_000 + b"}",
    b'{"order": 1' + b"0" * 600 + b"}", b'{"order": "ord_1"} {"order": "ord_2"}',
    b'{"order": "ord_1"}{', b'{"order": "ord_1",}', b"{'order': 'ord_1'}", b'{order: "ord_1"}',
    b'{"order": "ord_1" "error": "x"}', b'{"order": "ord\n1"}', b'{"order": "\xff"}',
    b'{"error": null}', b'{"error": ""}', b'{"error": " "}', b'{"error": 0}', b'{"error": false}',
    b'{"error": []}', b'{"error": {}}', b'{"status": "success"}', b"(" * 1_000,
)
_ERRORS: tuple[object, ...] = (
    "x" * 50_000, "\x00\x1b[31m\r\nSet-Cookie: a", "a\ud800", "\u202eecalp", "🛒" * 400,
    {"code": 7, "text": ["a", None, {"b": 1e999}]}, ["Service not found"], 1, -1.5, True,
    "Service not found.", "  insufficient BALANCE  ", "idempotency_key reused",
)
_WAITS = (
    b"-1", b"0", b"9" * 400, b"1e9", b"1.5", b"NaN", b"inf", b"\xd9\xa7", b"", b",", b"1, 2",
    b"120;q=1", b"Wed, 21 Oct 2015 07:28:00 GMT", b"Fri, 31 Dec 9999 23:59:59 GMT",
    b"Fri, 31 Dec 9999 23:59:59 -2359", b"Mon, 01 Jan 0001 00:00:00 +2359",
    b"Mon, 32 Feb 2026 25:61:61 GMT", b"Wed, 21 Oct 2026 07:28:00 +999999",
    b"Wed, 21 Oct 99999999999 07:28:00 GMT", b"21 Oct", b"(" * 500, b"\x80", b"5\r\nRetry-After: 7",
)
# fmt: on


def shape(chance: random.Random, body: bytes) -> Hostile:
    """200 and JSON that names no order and no error, or no JSON at all."""
    del body
    content = chance.choice(_NO_ORDER)
    parts = split(chance, whole(content))
    return Hostile("no order in it", repr(content[:40]), parts, UNSURE, Ending.KEEP)


def deep(chance: random.Random, body: bytes) -> Hostile:
    """An error, or an order, nested as deep as it goes, or nearly."""
    del body
    depth = chance.choice((chance.randrange(10, 1_100), chance.randrange(1_100, DEEPEST)))
    opening, closing = chance.choice(((b"[", b"]"), (b'{"a":', b"}")))
    middle = b"1" if opening != b"[" else b""
    nested = opening * depth + middle + closing * depth
    name = chance.choice((b"error", b"order", b"other"))
    may = UNSURE if name == b"order" else frozenset({REFUSED, UNKNOWN})
    status = chance.choice((b"200 OK", b"400 Bad"))
    parts = (whole(b'{"%b": %b}' % (name, nested), status),)
    return Hostile("deep", f"{name.decode()} {depth}", parts, may, Ending.KEEP)


def both(chance: random.Random, body: bytes) -> Hostile:
    """An order and an error beside each other, the same key twice, or another encoding."""
    order = json.loads(body)["order"]
    content, may = chance.choice(
        (
            (json.dumps({"order": order, "error": "Insufficient balance"}), STRICT_OR_LENIENT),
            (json.dumps({"error": {"code": 1}, "order": order}), STRICT_OR_LENIENT),
            (json.dumps({"order": order, "error": None}), frozenset({ACCEPTED})),
            (json.dumps({"order": None, "error": "Service not found"}), frozenset({REFUSED})),
            (json.dumps({"order": {}, "error": "Service not found"}), UNSURE),
            (f'{{"order": "other", "order": "{order}"}}', UNSURE),
            (f'{{"order": "{order}", "order": null}}', UNSURE),
            (f'{{"order": null, "order": "{order}"}}', UNSURE),
            ('{"error": "Service not found", "error": null}', UNSURE),
            ('{"error": null, "error": "Service not found"}', UNSURE),
            (f'{{"error": "no", "order": "{order}", "error": "Service not found"}}', UNSURE),
            (f'{{"order": "{order}", "charge": NaN}}', STRICT_OR_LENIENT),
            (f'\ufeff{{"order": "{order}"}}', STRICT_OR_LENIENT),
        )
    )
    encoding = chance.choice(("utf-8", "utf-8", "utf-8", "utf-16", "utf-32"))
    allowed = may if encoding == "utf-8" else may | {UNKNOWN}
    parts = split(chance, whole(content.encode(encoding)))
    return Hostile("both or twice", f"{content[:40]!r} {encoding}", parts, allowed, Ending.KEEP)


def error(chance: random.Random, body: bytes) -> Hostile:
    """A refusal in odd words: very long, with controls, no text, naming the key."""
    del body
    value = chance.choice(_ERRORS)
    status = chance.choice((200, 400, 402, 422, 499))
    content = json.dumps({"error": value}).encode()
    parts = split(chance, whole(content, b"%d Odd" % status))
    may = frozenset({REFUSED})
    return Hostile("error", repr(value)[:40], parts, may, Ending.KEEP)


def key(chance: random.Random, body: bytes) -> Hostile:
    """The account's key sent back, raw, encoded or escaped, wherever it can stand."""
    del body
    escaped = "".join(f"\\u{ord(each):04x}" for each in KEY)
    spelt = chance.choice((KEY, quote_plus(KEY), escaped, json.dumps(KEY)[1:-1]))
    place = chance.randrange(3)
    if place == 0:
        parts = (whole(b'{"error": "bad key %b"}' % spelt.encode()),)
        return Hostile("the key", spelt, parts, frozenset({MISCONFIGURED}), Ending.KEEP)
    if place == 1:
        parts = (whole(b"{}", b"429 Busy", b"Retry-After: " + spelt.encode()),)
        return Hostile("the key", spelt, parts, frozenset({THROTTLED}), Ending.KEEP)
    line = b"HTTP/1.1 2x0 %b\r\n\r\n" % spelt.encode()
    return Hostile("the key", spelt, (line,))


def status(chance: random.Random, body: bytes) -> Hostile:
    """Any status at all, with a good body or an error's."""
    number = chance.randrange(200, 1000)
    content = chance.choice((body, b'{"error": "Service not found"}'))
    parts = split(chance, whole(content, b"%d" % number + b" Any"))
    if number in (204, 205, 304):
        parts = (b"HTTP/1.1 %d Any\r\n\r\n" % number,)
    may = _by_status(number, content == body)
    ending = Ending.CLOSE if number >= 600 else Ending.KEEP
    return Hostile("status", f"{number} {content[:10]!r}", parts, may, ending)


def _by_status(number: int, orders: bool) -> frozenset[str]:  # noqa: FBT001
    if not orders and number < 500 and number not in (204, 205, 304):
        return frozenset({REFUSED})
    if 300 <= number < 400 or number in MISCONFIGURED_STATUS:
        return frozenset({MISCONFIGURED})
    if number == 429:
        return frozenset({THROTTLED})
    if number >= 500 or number in UNCERTAIN_STATUS or number in (204, 205):
        return UNSURE
    return frozenset({ACCEPTED}) if number < 300 else UNSURE


def retry_after(chance: random.Random, body: bytes) -> Hostile:
    """429 or 503 with a wait that is negative, endless, a date, a list, or nonsense."""
    value = chance.choice(_WAITS)
    number = chance.choice((429, 503))
    may = frozenset({THROTTLED}) if number == 429 else frozenset({THROTTLED, UNKNOWN})
    parts = split(chance, whole(body, b"%d Wait" % number, b"Retry-After: " + value))
    return Hostile("retry-after", f"{number} {value[:40]!r}", parts, may, Ending.KEEP)


CONTENT: tuple[Family, ...] = (shape, deep, both, error, key, status, retry_after)
