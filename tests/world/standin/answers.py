"""What the API answers, and the texts that its documentation fixes."""

import json
from dataclasses import dataclass
from enum import StrEnum

JSON_TYPE = ("Content-Type", "application/json")


class Kind(StrEnum):
    """Why an answer is what it is, for the call log."""

    PLACED = "placed"
    REPEATED = "repeated"
    REFUSED = "refused"
    CONFLICT = "conflict"
    UNAUTHORIZED = "unauthorized"
    THROTTLED = "throttled"


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole HTTP answer: status, body, and headers without those that HTTP itself needs."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (JSON_TYPE,)


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer with why it was given."""

    kind: Kind
    answer: Answer


def json_answer(status: int, value: object, *headers: tuple[str, str]) -> Answer:
    """`value` as a JSON answer with further `headers`."""
    return Answer(status, json.dumps(value).encode(), (JSON_TYPE, *headers))


def error_answer(status: int, error: str, *headers: tuple[str, str]) -> Answer:
    """`{"error": error}` as the API answers it."""
    return json_answer(status, {"error": error}, *headers)


def throttled_answer(retry_after_seconds: int | None) -> Answer:
    """A call too many; when the next one may come is said, or not."""
    told = () if retry_after_seconds is None else (("Retry-After", str(retry_after_seconds)),)
    return error_answer(429, "Too many requests", *told)


def order_answer(order: str) -> Answer:
    """The documented success."""
    return Answer(200, b'{"order": "%s"}' % order.encode())


MISSING_REQUEST_ID = error_answer(400, "Missing required parameter: request_id")
SERVICE_NOT_FOUND = error_answer(400, "Service not found")
INSUFFICIENT_BALANCE = error_answer(400, "Insufficient balance")
QUANTITY_NOT_POSITIVE = error_answer(400, "Quantity must be a positive integer")

# From here on the rules are documented and the texts are not: no client may rely on them.
INVALID_KEY = error_answer(401, "Invalid API key")
INVALID_ACTION = error_answer(400, "Invalid action")
NOT_A_FORM = error_answer(400, "The body must be application/x-www-form-urlencoded")
LONG_REQUEST_ID = error_answer(400, "request_id must have at most 128 characters")
MISSING_LINK = error_answer(400, "Missing required parameter: link")
BAD_LINK = error_answer(400, "Link must be an http or https URL of at most 1000 characters")
QUANTITY_OUT_OF_RANGE = error_answer(400, "Quantity is outside the service's range")
BAD_DRIP_FEED = error_answer(400, "Runs and interval must be positive integers")
CONFLICT = error_answer(409, "request_id was used with a different order")
NO_SUCH_PATH = error_answer(404, "Not found")
WRONG_METHOD = error_answer(405, "Method not allowed", ("Allow", "POST"))
