"""Answers that come compressed although `identity` was asked for."""

import zlib
from collections.abc import Callable, Sequence

from service.core.outcome import MAX_ANSWER_BYTES, Lost

TOO_LARGE = Lost(f"answer larger than {MAX_ANSWER_BYTES} bytes")
_DAMAGED = Lost("compressed answer that is damaged or cut off")

_PLAIN = frozenset({"", "identity", "none", "utf-8"})
"""The last two are no codings (RFC 9110, 8.4.1), but some servers send them for plain text."""

_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
# Some servers send the bare stream for `deflate`, without the zlib format around it.
_FORMATS = {"gzip": (_GZIP,), "x-gzip": (_GZIP,), "deflate": (_ZLIB, _RAW)}

_MOST_CODINGS = 2
_MOST_MEMBERS = 16

Unpack = Callable[[bytes], bytes | Lost]


def unpacking(content_encoding: str) -> Unpack | None:
    """How to read a body that comes in `content_encoding`; None where that is unknown."""
    codings = [each.strip() for each in content_encoding.lower().split(",")]
    match [each for each in codings if each not in _PLAIN]:
        case []:
            return lambda body: body
        case applied if len(applied) <= _MOST_CODINGS and _FORMATS.keys() >= set(applied):
            # They are listed in the order in which they were applied.
            return lambda body: _unpack(body, [_FORMATS[each] for each in reversed(applied)])
        case _:
            return None


def _unpack(body: bytes, codings: Sequence[tuple[int, ...]]) -> bytes | Lost:
    if not body:
        # A redirect, say: the header tells what a body would have had.
        return body
    content: bytes | Lost = body
    for formats in codings:
        if isinstance(content, bytes):
            content = _unpack_one(content, formats)
    return content


def _unpack_one(body: bytes, formats: tuple[int, ...]) -> bytes | Lost:
    for bits in formats:
        try:
            return _stream(body, bits)
        except zlib.error:
            continue
    return _DAMAGED


def _stream(body: bytes, bits: int) -> bytes | Lost:
    content = b""
    # A gzip file may have several members (RFC 1952, 2.2).
    for _ in range(_MOST_MEMBERS if bits == _GZIP else 1):
        stream = zlib.decompressobj(bits)
        # The bound holds for what comes out: some kilobytes can hold gigabytes.
        content += stream.decompress(body, MAX_ANSWER_BYTES + 1 - len(content))
        if len(content) > MAX_ANSWER_BYTES:
            return TOO_LARGE
        if not stream.eof:
            return _DAMAGED
        if not (body := stream.unused_data):
            return content
    return _DAMAGED
