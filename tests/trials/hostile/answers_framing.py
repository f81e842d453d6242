"""Answers that are broken, doubtful or too much as HTTP."""

import gzip
import random
import zlib

from tests.trials.hostile.answers import (
    ACCEPTED,
    MISCONFIGURED,
    STRICT_OR_LENIENT,
    UNSURE,
    Ending,
    Family,
    Hostile,
    chunked,
    raw,
    split,
    whole,
)
from tests.trials.hostile.answers_lengths import LENGTHS

FOREIGN = b'{"order": "of-another"}'
READ_BYTES = 64 * 1024
LIMIT_BYTES = 64 * 1024
RECORD_BYTES = 16 * 1024

# Several values a line: the formatter would give each its own.
# fmt: off
_STATUS_LINES = (
    b"HTTP/1.1\r\n", b"HTTP/1.1 \r\n", b"HTTP/9.9.9 200 OK\r\n", b"HTTP/2 200 OK\r\n",
    b"HTTP/1.1 2OO OK\r\n", b"HTTP/1.1 20 OK\r\n", b"HTTP/1.1 02000 OK\r\n",
    b"HTTP/1.1 -200 OK\r\n", b"HTTP/1.1 +200 OK\r\n", b"HTTP/1.1 \xd9\xa2\xd9\xa0\xd9\xa0 OK\r\n",
    b"HTTP/1.1 200.0 OK\r\n", b"HTTP/1.1 200 O\x00K\r\n", b"HTTP/1.1  200 OK\r\n",
    b"HTTP/1.1\t200\tOK\r\n", b"http/1.1 200 OK\r\n", b"ICY 200 OK\r\n", b"200 OK\r\n", b"OK\r\n",
    b"POST /api/v2 HTTP/1.1\r\n", b"\x16\x03\x01\x00\x05hello\r\n", b"SSH-2.0-OpenSSH_9.2\r\n",
    b"\x00" * 40 + b"\r\n", b"HTTP/1.1 200 OK" + b"x" * 200_000 + b"\r\n", b"HTTP/1.1 000 OK\r\n",
    b"HTTP/1.1 099 OK\r\n",
)
_BAD_HEADERS = (
    b"no colon", b": no name", b"space before : x", b"X-Nul: a\x00b", b"X-Control: a\x07b",
    b"X-Cr: a\rb", b" folded: first", b"X\xc3\xa9: x", b"X(y): x", b"X-Huge: " + b"x" * 200_000,
)
_ODD_HEADERS = (
    b"X-Folded: a\r\n b\r\n\tc", b"X-Latin: \xe9\xff\xfe", b"X-Empty:", b"X-Long: " + b"y" * 40_000,
    b"Set-Cookie: order=1; Path=/", b"Content-Type: text/html; charset=utf-16",
    b"Content-Type: \xff", b"Connection: close, keep-alive, upgrade",
    b"Keep-Alive: timeout=-1, max=NaN", b"Location: http://[", b"Upgrade: h2c",
    b"Trailer: Content-Length", b"Date: yesterday",
)
# fmt: on


def status_line(chance: random.Random, body: bytes) -> Hostile:
    """A first line that is none."""
    line = chance.choice(_STATUS_LINES)
    answer = raw(line + b"Content-Length: %d\r\n" % len(body), body)
    return Hostile("status line", repr(line[:40]), split(chance, answer))


def bad_headers(chance: random.Random, body: bytes) -> Hostile:
    """A header that HTTP does not allow; a reader may pass over it."""
    header = chance.choice(_BAD_HEADERS)
    parts = split(chance, whole(body, b"200 OK", header))
    return Hostile("bad header", repr(header[:40]), parts, STRICT_OR_LENIENT)


def odd_headers(chance: random.Random, body: bytes) -> Hostile:
    """Headers that are allowed and senseless, one or hundreds."""
    headers = [chance.choice(_ODD_HEADERS) for _ in range(chance.choice((1, 2, 5)))]
    headers += [b"X-%d: y" % each for each in range(chance.choice((0, 0, 100, 3000)))]
    parts = split(chance, whole(body, b"200 OK", *headers))
    return Hostile("odd header", repr(headers[0][:40]), parts, STRICT_OR_LENIENT, Ending.KEEP)


def informational(chance: random.Random, body: bytes) -> Hostile:
    """Interim answers before the one that counts, or instead of it."""
    interim = b"HTTP/1.1 %d Wait\r\n" % chance.choice((100, 102, 103, 199))
    interim += b"X-Order: none\r\n\r\n"
    good = whole(body)
    answer, may = chance.choice(
        (
            (interim + good, STRICT_OR_LENIENT),
            (interim * 500 + good, STRICT_OR_LENIENT),
            (interim, UNSURE),
            (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + good, UNSURE),
            (whole(body, b"100 Continue") + good, UNSURE),
            (b"HTTP/1.1 100\r\nContent-Length: 5\r\n\r\nhello" + good, UNSURE),
        )
    )
    return Hostile("informational", repr(answer[:30]), split(chance, answer), may)


def surplus(chance: random.Random, body: bytes) -> Hostile:
    """More than the answer, at once: an answer, a part of one, or a byte."""
    more = chance.choice((whole(FOREIGN), whole(FOREIGN)[:30], b"\r\n", b"x", b"\x00" * 70_000))
    good = chance.choice((whole(body), chunked(body), b"HTTP/1.1 204 None\r\n\r\n" + body))
    may = STRICT_OR_LENIENT if b" 200 " in good else UNSURE
    parts = (good + more,) if chance.random() < 0.5 else split(chance, good + more)
    return Hostile("surplus at once", repr(more[:20]), parts, may, Ending.KEEP)


def surplus_at_a_boundary(chance: random.Random, body: bytes) -> Hostile:
    """An answer that just fills what is read at once, or nearly, and another right behind it."""
    size = chance.choice((RECORD_BYTES, 2 * RECORD_BYTES, READ_BYTES)) + chance.choice(
        (0, 0, 1, -1)
    )
    spare = size - len(whole(body.ljust(size)))
    good = whole(body.ljust(size + spare))
    may = frozenset({ACCEPTED})
    return Hostile(
        "surplus at a boundary", str(len(good)), (good + whole(FOREIGN),), may, Ending.KEEP
    )


def surplus_later(chance: random.Random, body: bytes) -> Hostile:
    """More than the answer, when the client has it and its connection is idle."""
    more = chance.choice((whole(FOREIGN), whole(FOREIGN), whole(FOREIGN)[:9], b"\n", b"x" * 300))
    good = chance.choice((whole(body), chunked(body)))
    may = frozenset({ACCEPTED})
    parts = split(chance, good)
    return Hostile("surplus later", repr(more[:20]), parts, may, Ending.KEEP, later=more)


def encoding(chance: random.Random, body: bytes) -> Hostile:
    """A content encoding that was not asked for, true or false."""
    bomb = gzip.compress(body + b" " * 2_000_000)
    read = frozenset({ACCEPTED})
    name, content, may = chance.choice(
        (
            (b"gzip", gzip.compress(body), read),
            (b"gzip", bomb, UNSURE),
            (b"deflate", zlib.compress(body), read),
            (b"br", body, UNSURE),
            (b"gzip", body, UNSURE),
            (b"gzip", gzip.compress(body)[:-1], UNSURE),
            (b"identity, gzip", gzip.compress(body), read),
            (b"zstd", b"\x28\xb5\x2f\xfd", UNSURE),
            (b"\xff", body, UNSURE),
        )
    )
    answer = whole(content, b"200 OK", b"Content-Encoding: " + name)
    return Hostile("encoding", repr(name), split(chance, answer), may, Ending.KEEP)


def redirect(chance: random.Random, body: bytes) -> Hostile:
    """A redirect, to anywhere: it is not followed, and no answer to an order."""
    status = b"%d Moved" % chance.choice((300, 301, 302, 303, 307, 308, 399))
    target = chance.choice((b"/", b"//evil.example/", b"http://[", b"", b"\xff", b"javascript:1"))
    answer = whole(body, status, b"Location: " + target)
    may = frozenset({MISCONFIGURED})
    return Hostile("redirect", repr(target), split(chance, answer), may, Ending.KEEP)


def giant(chance: random.Random, body: bytes) -> Hostile:
    """A body over the limit: by its length, in chunks, or until the connection ends."""
    size = chance.choice((LIMIT_BYTES + 1, 100_000, 1_000_000))
    content = body.ljust(size)
    answer = chance.choice(
        (
            whole(content),
            chunked(content),
            raw(b"HTTP/1.1 200 OK\r\n", content),
            whole(body, b"200 OK").replace(b"Length: ", b"Length: 1" + b"0" * 18, 1),
        )
    )
    return Hostile("giant", str(size), (answer,), UNSURE)


def cut_off(chance: random.Random, body: bytes) -> Hostile:
    """A good answer that ends before its end, politely or not."""
    good = chance.choice((whole(body), chunked(body)))
    part = good[: chance.randrange(len(good))]
    ending = chance.choice((Ending.CLOSE, Ending.RESET))
    return Hostile("cut off", str(len(part)), split(chance, part), UNSURE, ending)


def drip(chance: random.Random, body: bytes) -> Hostile:
    """A good answer, byte by byte."""
    good = chance.choice((whole(body), chunked(body)))
    parts = tuple(bytes([byte]) for byte in good)
    return Hostile("drip", str(len(parts)), parts, frozenset({ACCEPTED}), Ending.KEEP)


FRAMING: tuple[Family, ...] = (
    status_line,
    bad_headers,
    odd_headers,
    *LENGTHS,
    informational,
    surplus,
    surplus_at_a_boundary,
    surplus_later,
    encoding,
    redirect,
    giant,
    cut_off,
    drip,
)
