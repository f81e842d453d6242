"""Answers whose length is wrong, doubtful, or told in two ways."""

import random

from tests.trials.hostile.answers import (
    STRICT_OR_LENIENT,
    UNSURE,
    Ending,
    Family,
    Hostile,
    chunked,
    raw,
    split,
)


def length(chance: random.Random, body: bytes) -> Hostile:
    """A Content-Length that is wrong, twice there, or no number."""
    size = len(body)
    wrong: dict[bytes, frozenset[str]] = {
        b"%d" % (size + chance.randrange(1, 10_000)): UNSURE,
        b"%d" % chance.randrange(size): UNSURE,
        b"%d" % 10**30: UNSURE,
        b"-%d" % size: UNSURE,
        b"+%d" % size: UNSURE,
        b"0x%x" % size: UNSURE,
        b"%d.0" % size: UNSURE,
        b"1_0": UNSURE,
        b"": UNSURE,
        b"many": UNSURE,
        b"\xd9\xa2\xd9\xa0": UNSURE,
        b"%d, %d" % (size, size + 1): UNSURE,
        b"%d\r\nContent-Length: %d" % (size, size - 1): UNSURE,
        b"%d, %d" % (size, size): STRICT_OR_LENIENT,
        b"%d\r\nContent-Length: %d" % (size, size): STRICT_OR_LENIENT,
        b"%030d" % size: STRICT_OR_LENIENT,
        b"%d\r\nTransfer-Encoding: chunked" % size: UNSURE,
        b"%d\r\nTransfer-Encoding: identity" % size: UNSURE,
    }
    value, may = chance.choice(list(wrong.items()))
    answer = raw(b"HTTP/1.1 200 OK\r\nContent-Length: " + value + b"\r\n", body)
    return Hostile("length", repr(value), split(chance, answer), may)


def both_lengths(chance: random.Random, body: bytes) -> Hostile:
    """A length and chunks, each right by itself: two answers in one."""
    size = chance.choice((0, 5, len(body), 10_000))
    answer = chunked(body, b"Content-Length: %d" % size)
    ending = chance.choice((Ending.KEEP, Ending.CLOSE))
    return Hostile("length and chunks", str(size), split(chance, answer), UNSURE, ending)


def chunks(chance: random.Random, body: bytes) -> Hostile:
    """Chunks that are broken, or of a kind that was not asked for."""
    size = b"%x" % len(body)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    end = b"\r\n0\r\n\r\n"
    answer, may = chance.choice(
        (
            (head + b"-" + size + b"\r\n" + body + end, UNSURE),
            (head + b"0x" + size + b"\r\n" + body + end, UNSURE),
            (head + b"zz\r\n" + body + end, UNSURE),
            (head + b"\r\n" + body + end, UNSURE),
            (head + b"f" * 25 + b"\r\n" + body + end, UNSURE),
            (head + b"ffffffff\r\n" + body, UNSURE),
            (head + size + b"\r\n" + body + b"0\r\n\r\n", UNSURE),
            (head + size + b"\r\n" + body + b"\r\n", UNSURE),
            (head + size + b"\r\n" + body + b"\r\n0\r\n", UNSURE),
            (head + size + b";" + b"x" * 200_000 + b"\r\n" + body + end, STRICT_OR_LENIENT),
            (head + size + b"; a=b\r\n" + body + end, STRICT_OR_LENIENT),
            (chunked(body, last=b"0\r\nX-After: 1\r\n\r\n"), STRICT_OR_LENIENT),
            (chunked(body, last=b"0\r\n" + b"X: y\r\n" * 30_000 + b"\r\n"), STRICT_OR_LENIENT),
            (chunked(body).replace(b": chunked", b": gzip, chunked", 1), UNSURE),
            (chunked(body).replace(b": chunked", b": chunked, chunked", 1), UNSURE),
            (chunked(body).replace(b": chunked", b": \x0bchunked", 1), UNSURE),
            (chunked(body).replace(b"HTTP/1.1", b"HTTP/1.0", 1), STRICT_OR_LENIENT),
        )
    )
    return Hostile("chunks", repr(answer[40:80]), split(chance, answer), may)


LENGTHS: tuple[Family, ...] = (length, both_lengths, chunks)
