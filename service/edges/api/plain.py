"""A plain answer, read without h11: whole, with one length, and nothing behind it.

What is written in any other way is for h11; `tests/edges/api/test_plain.py` compares the two.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import httpx2

_HEAD = re.compile(rb"HTTP/1\.1 ([2-5][0-9][0-9]) [ -~]*((?:\r\n[A-Za-z0-9-]+:[ -~]*)+)")
_END = b"\r\n\r\n"
_WITHOUT_BODY = (204, 304)
_LENGTH = re.compile(rb"[0-9]{1,4}")
_ODD = (b"transfer-encoding", b"content-encoding")


class Plain(NamedTuple):
    """What was answered."""

    status_code: int
    headers: httpx2.Headers
    body: bytes


def plain(came: bytes) -> Plain | None:
    """The answer that `came`, the connection being usable behind it; None where h11 must look."""
    head, end, body = came.partition(_END)
    known = _read(head) if end else None
    if known is None or known[1] != len(body):
        return None
    # A copy: who changed the kept ones would change the next answer.
    return Plain(known[0], httpx2.Headers(known[2]), body)


# Most heads are as the last one, but for the time of the second.
@lru_cache(maxsize=32)
def _read(head: bytes) -> tuple[int, int, httpx2.Headers] | None:
    """Status, length and headers of a plain head."""
    if (match := _HEAD.fullmatch(head)) is None:
        return None
    status = int(match[1])
    fields = [line.partition(b":") for line in match[2].split(b"\r\n")[1:]]
    headers = [(name.lower(), value.strip()) for name, _, value in fields]
    values = dict(headers)
    length = values.get(b"content-length", b"")
    if (
        len(values) < len(headers)
        or not values.keys().isdisjoint(_ODD)
        or values.get(b"connection", b"keep-alive").lower() != b"keep-alive"
        or not _LENGTH.fullmatch(length)
        or status in _WITHOUT_BODY
    ):
        return None
    return status, int(length), httpx2.Headers(headers)
