"""What a hostile order API may answer: one case is one answer, and what it may count as."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

ACCEPTED, REFUSED, THROTTLED = "accepted", "refused", "throttled"
MISCONFIGURED, UNREACHED, UNKNOWN = "misconfigured", "unreached", "unknown"
UNSURE = frozenset({UNKNOWN})
"""All that a broken answer may count as: the order may exist."""

STRICT_OR_LENIENT = frozenset({ACCEPTED, UNKNOWN})
"""What is whole but written in a way that not every reader takes."""


class Ending(Enum):
    """What the server does with the connection behind its answer."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"
    HANG = "hang"


@dataclass(frozen=True, slots=True)
class Hostile:
    """One answer: what is sent, in how many writes, what follows, and what it may count as.

    `later` is sent on the same connection when the client has taken the answer.
    """

    family: str
    name: str
    parts: tuple[bytes, ...]
    may: frozenset[str] = UNSURE
    ending: Ending = Ending.CLOSE
    later: bytes = b""


Family = Callable[[random.Random, bytes], Hostile]
"""Makes one case; the bytes are the body that accepts the order, if that is what is wanted."""


def accepting(number: int) -> bytes:
    """The body that accepts the order of this case, and of no other."""
    return b'{"order": "hostile-%d"}' % number


def whole(body: bytes, status: bytes = b"200 OK", *headers: bytes) -> bytes:
    """An answer as it should be, with more headers."""
    lines = (b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers)
    return b"\r\n".join((*lines, b"", body))


def raw(head: bytes, body: bytes) -> bytes:
    """A head with its line ends, and the body."""
    return head + b"\r\n" + body


def chunked(body: bytes, *headers: bytes, last: bytes = b"0\r\n\r\n") -> bytes:
    """The body in one chunk."""
    lines = (b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", *headers, b"", b"")
    chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    return b"\r\n".join(lines) + chunk + last


def split(chance: random.Random, data: bytes, most: int = 5) -> tuple[bytes, ...]:
    """The same bytes in several writes."""
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(most)))
    edges = [0, *cuts, len(data)]
    return tuple(data[a:b] for a, b in pairwise(edges))


def many(families: tuple[Family, ...], count: int, seed: int) -> Iterator[Hostile]:
    """`count` cases, the families in turn; the same for the same seed."""
    chance = random.Random(seed)
    for number in range(count):
        yield families[number % len(families)](chance, accepting(number))
