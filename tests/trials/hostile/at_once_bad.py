"""What bad neighbours send at once, as data: one of each kind that was seen to stop others."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from tests.world.load.orders import good_body

FULL, STUCK, CLOSING = "full", "stuck", "closing"
"""Keys of replies: to a queue that is full, to one that hangs, and one that we may not use."""
REPLY_KEYS = (FULL, STUCK, CLOSING)

COPIES, COPIED = 150, "copied"
STRANGE = 6
FIELDS = 3_900
"""As many as fit into 64 KiB, about."""
MANY_FIELDS, LARGE, TENTH = "fields", "large", "tenth"

_ANSWERS: dict[str, dict[str, Any]] = {
    "link-403": {"status": 403, "body": "<html>Forbidden</html>"},
    "link-404": {"status": 404, "body": '{"error": "Not found"}'},
    "database": {"status": 400, "body": "{\"error\": \"Duplicate entry '77' for key 'PRIMARY'\"}"},
    "strange": {"status": 422, "body": "strange"},
}
"""By how the order's id begins, what the API answers it, always."""

KINDS = (*_ANSWERS, *REPLY_KEYS, COPIED, MANY_FIELDS, LARGE, TENTH)

REPLIES_EVERY_SECONDS = 0.2
BODIES_EVERY_SECONDS = 2.0
ANSWERS_EVERY_SECONDS = 10.0

Way = Literal["orders", "waited", "large"]


@dataclass(frozen=True, slots=True)
class Bad:
    """One message of a neighbour, so many seconds after the first; its id begins with its kind.

    `waited`: by a retry queue, after nine attempts. `large`: its body is of several megabytes.
    """

    at_seconds: float
    request_id: str
    reply_to: str | None = None
    way: Way = "orders"
    body: bytes = good_body(1).encode()


def answers() -> list[dict[str, Any]]:
    """The API's faults; by contract its one 429 holds everybody for a moment."""
    by_prefix = [
        {"fault": "status", "match": {"request_id": f"{name}-*"}, "times": None, **answer}
        for name, answer in _ANSWERS.items()
    ]
    throttled = {"fault": "status", "status": 429, "match": {"request_id": TENTH}}
    hang = {"fault": "hang_before", "match": {"request_id": COPIED}, "times": None}
    return [*by_prefix, throttled, hang]


def neighbours(seconds: float) -> list[Bad]:
    """All of them, in the order in which they are sent."""
    return sorted(_all(seconds), key=lambda bad: bad.at_seconds)


def _all(seconds: float) -> Iterator[Bad]:
    yield from [Bad(0.0, COPIED)] * COPIES
    yield Bad(0.0, TENTH, way="waited")
    for number, at in _every(REPLIES_EVERY_SECONDS, seconds):
        for key in REPLY_KEYS:
            yield Bad(at, f"{key}-{number}", reply_to=key)
    many = json.dumps({f"f{number}": number for number in range(FIELDS)})
    for number, at in _every(BODIES_EVERY_SECONDS, seconds):
        yield Bad(at, f"{MANY_FIELDS}-{number}", body=many.encode())
        yield Bad(at, f"{LARGE}-{number}", way="large")
    for number, at in _every(ANSWERS_EVERY_SECONDS, seconds):
        for kind in ("link-403", "link-404", "database"):
            yield Bad(at, f"{kind}-{number}")
        for each in range(STRANGE):
            yield Bad(at, f"strange-{number}-{each}")


def _every(step: float, seconds: float) -> Iterator[tuple[int, float]]:
    yield from ((number, number * step) for number in range(int(seconds / step) + 1))
