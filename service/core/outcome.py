"""What the order API's answer means: the closed set of outcomes, and `classify`.

The rows are those of the contract ("What becomes of a delivery"). Whatever is not certainly a
refusal or certainly unsent is `Unknown`: an order may exist.
"""

from datetime import datetime
from typing import assert_never

from service.core.api_body import Body, has_error, is_nothing, order_id, read_answer, words_of
from service.core.codes import Code
from service.core.key_errors import names_the_key
from service.core.record import record
from service.core.retry_after import parse_retry_after

MAX_ANSWER_BYTES = 64 * 1024


@record(frozen=True, slots=True)
class Answered:
    """A whole HTTP answer; `body` has at most MAX_ANSWER_BYTES.

    `retry_after` and `date` are the headers of these names; the latter only beside the former.
    """

    status: int
    body: bytes
    retry_after: str | None = None
    date: str | None = None


@record(frozen=True, slots=True)
class NotSent:
    """The request certainly did not reach the API."""

    reason: str


@record(frozen=True, slots=True)
class Lost:
    """The request may have reached the API, and no whole answer came back."""

    reason: str


ApiResult = Answered | NotSent | Lost


@record(frozen=True, slots=True)
class Accepted:
    """The API gave an order id: exactly this order exists."""

    order_id: str
    http_status: int = 200


@record(frozen=True, slots=True)
class Refused:
    """The API refused the order: certainly none exists, and asking again gives the same answer."""

    code: Code
    message: str
    http_status: int


@record(frozen=True, slots=True)
class Throttled:
    """The API asks to wait, and has not handled the order.

    `retry_after_seconds` is None where it does not say how long.
    """

    http_status: int
    retry_after_seconds: float | None


@record(frozen=True, slots=True)
class Suspected:
    """Ours or this order's fault: only another order's answer can tell.

    `names_key` says that the API named its key, and so refused the order; `alone` that others were
    served meanwhile.
    """

    http_status: int
    reason: str
    names_key: bool = False
    alone: bool = False


@record(frozen=True, slots=True)
class Unreached:
    """The API was not reached: certainly no order was placed by this attempt."""

    reason: str


@record(frozen=True, slots=True)
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
    status = answer.status
    body = read_answer(answer.body) if 200 <= status < 500 else None
    if body is not None and (refused := _documented(body, status)) is not None:
        return refused
    wait_seconds = parse_retry_after(answer.retry_after, now, answer.date)
    match status:
        case 429:
            return Throttled(429, wait_seconds)
        case 503 if wait_seconds is not None:
            return Throttled(503, wait_seconds)
        case 401 | 403 | 404 | 405:
            return Suspected(status, f"the API answered {status}")
        case _ if 300 <= status < 400:
            return Suspected(status, f"the API answered {status}, a redirect")
        case 408 | 409 | 425:
            return Unknown(f"the API answered {status}", status)
        case _ if status < 200 or status >= 500:
            return Unknown(f"the API answered {status}", status)
        case _ if body is None:
            return Unknown(f"the API answered {status} without a JSON object", status)
        case _:
            return _by_body(body, status)


def _documented(body: Body, status: int) -> Refused | None:
    """The refusal by one of the documented errors, which is certain under every status."""
    if body.get("error") is None or not is_nothing(body.get("order")):
        return None
    if (error := words_of({"error": body["error"]})) is None:
        return None
    code = _DOCUMENTED.get(_normal(error))
    return None if code is None else Refused(code, error, status)


def _by_body(body: Body, status: int) -> Outcome:
    found = order_id(body.get("order"))
    if found is not None and status < 300:
        return Accepted(found, status)
    # What is no order id, or is one under an error's status, says that an order may exist.
    if not is_nothing(body.get("order")) or (status < 300 and not has_error(body)):
        return Unknown(f"the API answered {status} with no clear result", status)
    words = words_of(body) or f"the API answered {status} without a word"
    if names_the_key(words):
        return Suspected(status, words, names_key=True)
    return Refused(_DOCUMENTED.get(_normal(words), Code.REFUSED), words, status)


def _normal(words: str) -> str:
    return words.strip().rstrip(".").casefold()


_DOCUMENTED = {
    "missing required parameter: request_id": Code.MISSING_REQUEST_ID,
    "service not found": Code.SERVICE_NOT_FOUND,
    "insufficient balance": Code.INSUFFICIENT_BALANCE,
    "quantity must be a positive integer": Code.INVALID_QUANTITY,
}
