"""Answers that come compressed although nobody asked for it: read, within the same bound."""

import gzip
import tracemalloc
import zlib

import pytest

from service.core.outcome import MAX_ANSWER_BYTES, Answered, Lost
from service.edges.api.compressed import TOO_LARGE, unpacking
from tests.edges.api.clients import ANSWER, FORM, KEY, against
from tests.edges.api.server import always, answer

DAMAGED = Lost("compressed answer that is damaged or cut off")


def deflated(content: bytes, bits: int) -> bytes:
    """The content in zlib's format, or bare."""
    stream = zlib.compressobj(wbits=bits)
    return stream.compress(content) + stream.flush()


def unpacked(coding: str, body: bytes) -> bytes | Lost:
    """What a body is read as; it fails the test where the coding is unknown."""
    unpack = unpacking(coding)
    assert unpack is not None
    return unpack(body)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(ANSWER)),
        ("GZIP ", gzip.compress(ANSWER)),
        ("x-gzip", gzip.compress(ANSWER)),
        ("identity, gzip", gzip.compress(ANSWER)),
        ("deflate", deflated(ANSWER, 15)),
        ("deflate", deflated(ANSWER, -15)),
        ("gzip", gzip.compress(ANSWER[:9]) + gzip.compress(ANSWER[9:])),
        ("deflate, gzip", gzip.compress(deflated(ANSWER, 15))),
    ],
    ids=["gzip", "capitals", "x-gzip", "listed", "zlib", "bare", "members", "both"],
)
async def test_a_compressed_answer_is_read(coding: str, body: bytes) -> None:
    """A server that compresses everything has placed the order all the same."""
    reply = answer(body, headers=[b"Content-Encoding: " + coding.encode()])
    async with against(always(reply)) as (server, api):
        for _ in range(2):
            assert await api.submit(FORM) == Answered(200, ANSWER)
        assert len(server.peers) == 1


async def test_the_key_in_a_compressed_answer_is_masked() -> None:
    """It is looked for in what people will read."""
    body = gzip.compress(b'{"error": "no: %b"}' % KEY.encode())
    reply = answer(body, "400 No", [b"Content-Encoding: gzip"])
    async with against(always(reply)) as (_, api):
        assert await api.submit(FORM) == Answered(400, b'{"error": "no: ***"}')


def test_the_bound_is_the_same() -> None:
    """For what comes out of it."""
    just = b"x" * MAX_ANSWER_BYTES
    assert unpacked("gzip", gzip.compress(just)) == just
    assert unpacked("gzip", gzip.compress(just + b"x")) == TOO_LARGE
    assert unpacked("deflate", deflated(just + b"x", -15)) == TOO_LARGE
    assert unpacked("gzip", gzip.compress(just) + gzip.compress(b"x")) == TOO_LARGE
    assert unpacked("gzip, gzip", gzip.compress(gzip.compress(just + b"x"))) == TOO_LARGE


def test_a_bomb_is_not_unpacked() -> None:
    """60 KB that would become 60 MB take no more memory than the bound."""
    bomb = gzip.compress(b"\x00" * 60_000_000)
    assert len(bomb) < MAX_ANSWER_BYTES
    tracemalloc.start()
    try:
        assert unpacked("gzip", bomb) == TOO_LARGE
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 * MAX_ANSWER_BYTES


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", ANSWER),
        ("gzip", gzip.compress(ANSWER)[:-1]),
        ("gzip", gzip.compress(ANSWER)[:12]),
        ("gzip", gzip.compress(ANSWER)[:-8] + b"\x00" * 8),
        ("gzip", gzip.compress(ANSWER) + b"{}"),
        ("gzip", gzip.compress(b"") * 17),
        ("gzip", deflated(ANSWER, 15)),
        ("deflate", gzip.compress(ANSWER)),
        ("deflate", deflated(ANSWER, 15)[:-1]),
    ],
    ids=["plain", "short", "cut", "checksum", "more", "members", "zlib", "gzip", "short-zlib"],
)
def test_what_cannot_be_unpacked_is_lost(coding: str, body: bytes) -> None:
    """An order may exist: half of an answer says nothing about it."""
    assert unpacked(coding, body) == DAMAGED


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip, gzip", "gzip, br", "?"])
def test_other_codings_are_unknown(coding: str) -> None:
    """Nothing here can read them."""
    assert unpacking(coding) is None


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_an_answer_without_a_body_is_none_that_is_damaged(coding: str) -> None:
    """A redirect, say, tells how its body would have been encoded."""
    assert unpacked(coding, b"") == b""


async def test_the_answers_own_date_comes_with_it() -> None:
    """A date in `Retry-After` is read against it."""
    date = "Sat, 31 Jan 2026 12:00:00 GMT"
    reply = answer(b"{}", "429 Wait", [b"Retry-After: 2.0", b"Date: " + date.encode()])
    async with against(always(reply)) as (_, api):
        assert await api.submit(FORM) == Answered(429, b"{}", "2.0", date)
