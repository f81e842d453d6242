"""Answers that come compressed although `identity` was asked for."""

import zlib
from collections.abc import Callable

from service.core.outcome import MAX_ANSWER_BYTES, Lost

TOO_LARGE = Lost(f"answer larger than {MAX_ANSWER_BYTES} bytes")
_DAMAGED = Lost("compressed answer that is damaged or cut off")

_PLAIN = frozenset({"", "identity", "none", "utf-8"})
"""The last two are no codings (RFC 9110, 8.4.1), but some servers send them for plain text."""

_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
# Some servers send the bare stream for `deflate`, without the zlib format around it.
_FORMATS = {"gzip": (_GZIP,), "x-gzip": (_GZIP,), "deflate": (_ZLIB, _RAW)}

Unpack = Callable[[bytes], bytes | Lost]


def unpacking(content_encoding: str) -> Unpack | None:
    """How to read a body that comes in `content_encoding`; None where that is unknown."""
    codings = [each.strip() for each in content_encoding.lower().split(",")]
    match [each for each in codings if each not in _PLAIN]:
        case []:
            return lambda body: body
        case [coding] if coding in _FORMATS:
            formats = _FORMATS[coding]
            return lambda body: _unpack(body, formats)
        case _:
            return None


def _unpack(body: bytes, formats: tuple[int, ...]) -> bytes | Lost:
    if not body:
        # A redirect, say: the header tells what a body would have had.
        return body
    for bits in formats:
        stream = zlib.decompressobj(bits)
        try:
            # The bound holds for what comes out: some kilobytes can hold gigabytes.
            content = stream.decompress(body, MAX_ANSWER_BYTES + 1)
        except zlib.error:
            continue
        if len(content) > MAX_ANSWER_BYTES:
            return TOO_LARGE
        return content if stream.eof and not stream.unused_data else _DAMAGED
    return _DAMAGED
