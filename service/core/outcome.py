"""What the order API's answer means: the closed set of outcomes, and `classify`.

The rows are those of the contract ("What becomes of a delivery"). Whatever is not certainly a
refusal or certainly unsent is `Unknown`: an order may exist.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from service.core.body import nests_too_deeply
from service.core.codes import Code
from service.core.key_errors import names_the_key
from service.core.retry_after import parse_retry_after

MAX_ANSWER_BYTES = 64 * 1024
MAX_TEXT_CHARACTERS = 500
"""How much of the API's own words goes into a reply or a log line."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A whole HTTP answer; `body` has at most MAX_ANSWER_BYTES."""

    status: int
    body: bytes
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request certainly did not reach the API."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The request may have reached the API, and no whole answer came back."""

    reason: str


ApiResult = Answered | NotSent | Lost


@dataclass(frozen=True, slots=True)
class Accepted:
    """The API gave an order id: exactly this order exists."""

    order_id: str
    http_status: int = 200


@dataclass(frozen=True, slots=True)
class Refused:
    """The API refused the order: certainly none exists, and asking again gives the same answer."""

    code: Code
    message: str
    http_status: int


@dataclass(frozen=True, slots=True)
class Throttled:
    """The API asks to wait, and has not handled the order.

    `retry_after_seconds` is None where it does not say how long.
    """

    http_status: int
    retry_after_seconds: float | None


@dataclass(frozen=True, slots=True)
class Suspected:
    """Ours or this order's fault: only another order's answer can tell.

    `names_key` says that the API named its key, and so refused the order; `alone` that others were
    served meanwhile.
    """

    http_status: int
    reason: str
    names_key: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Unreached:
    """The API was not reached: certainly no order was placed by this attempt."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The attempt may have placed an order, or one is being placed now."""

    reason: str
    http_status: int | None = None


Outcome = Accepted | Refused | Throttled | Suspected | Unreached | Unknown


def label(outcome: Outcome) -> str:
    """The outcome as the metrics and headers name it."""
    match outcome:
        case Accepted():
            return "accepted"
        case Refused():
            return "refused"
        case Throttled():
            return "throttled"
        case Suspected():
            return "misconfigured"
        case Unreached():
            return "unreached"
        case Unknown():
            return "unknown"
        case _ as never:  # pragma: no cover
            assert_never(never)


def reason_of(outcome: Outcome) -> str | None:
    """Why the attempt did not place the order, in words; None where it did."""
    match outcome:
        case Accepted():
            return None
        case Throttled():
            return "the API asks to wait"
        case Refused():
            return outcome.message
        case Suspected() | Unreached() | Unknown():
            return outcome.reason
        case _ as never:  # pragma: no cover
            assert_never(never)


def http_status_of(outcome: Outcome) -> int | None:
    """The status of the API's answer; None where none came."""
    return None if isinstance(outcome, Unreached) else outcome.http_status


def classify(result: ApiResult, now: datetime) -> Outcome:
    """What `result`, received at `now`, says about the order that was sent."""
    match result:
        case NotSent():
            return Unreached(result.reason)
        case Lost():
            return Unknown(result.reason)
        case Answered():
            return _by_status(result, now)
        case _ as never:  # pragma: no cover
            assert_never(never)


def _by_status(answer: Answered, now: datetime) -> Outcome:
    wait_seconds = parse_retry_after(answer.retry_after, now)
    match answer.status:
        case 429:
            return Throttled(429, wait_seconds)
        case 503 if wait_seconds is not None:
            return Throttled(503, wait_seconds)
        case 401 | 403 | 404 | 405:
            return Suspected(answer.status, f"the API answered {answer.status}")
        case status if 300 <= status < 400:
            return Suspected(status, f"the API answered {status}, a redirect")
        case 408 | 409 | 425:
            return Unknown(f"the API answered {answer.status}", answer.status)
        case status if status < 200 or status >= 500:
            return Unknown(f"the API answered {status}", status)
        case _:
            return _by_body(answer)


def _by_body(answer: Answered) -> Outcome:
    body = _read_object(answer.body)
    if body is None:
        return Unknown(f"the API answered {answer.status} without a JSON object", answer.status)
    order_id = _order_id(body.get("order"))
    if order_id is not None and answer.status < 300:
        return Accepted(order_id, answer.status)
    error = _error_text(body.get("error"))
    # An order id beside an error, or under an error's status, says that an order may exist.
    if error is None or body.get("order") is not None:
        return Unknown(f"the API answered {answer.status} with no clear result", answer.status)
    shown = error[:MAX_TEXT_CHARACTERS]
    if names_the_key(shown):
        return Suspected(answer.status, shown, names_key=True)
    return Refused(_DOCUMENTED.get(_normal(error), Code.REFUSED), shown, answer.status)


def _read_object(body: bytes) -> dict[str, object] | None:
    try:
        text = body.decode(json.detect_encoding(body), "surrogatepass")
        value = None if nests_too_deeply(text) else json.loads(text, object_pairs_hook=_pairs)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    # The last one would win, but the first one may be the true one: two results are none.
    if len(values) < len(pairs) and any(
        [key for key, _ in pairs].count(name) > 1 for name in ("order", "error")
    ):
        raise ValueError("a result is there twice")
    return values


def _order_id(value: object) -> str | None:
    # Other panels send a number, which is an order id as well: to refuse it would lose an order.
    text = str(value) if isinstance(value, int) and value not in (True, False) else value
    if isinstance(text, str) and 0 < len(text) <= MAX_TEXT_CHARACTERS and _is_text(text):
        return text
    return None


def _error_text(value: object) -> str | None:
    # `"error": 0` or `""` beside no order is no clear refusal: other panels send it with success.
    if not value or (isinstance(value, str) and not value.strip()):
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    # Lone surrogates would make the reply unreadable to strict JSON parsers.
    return text.encode("utf-8", "replace").decode("utf-8")


def _is_text(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _normal(error: str) -> str:
    return error.strip().rstrip(".").casefold()


_DOCUMENTED = {
    "missing required parameter: request_id": Code.MISSING_REQUEST_ID,
    "service not found": Code.SERVICE_NOT_FOUND,
    "insufficient balance": Code.INSUFFICIENT_BALANCE,
    "quantity must be a positive integer": Code.INVALID_QUANTITY,
}
