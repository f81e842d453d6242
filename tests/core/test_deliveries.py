"""The contract's table "What becomes of a delivery", row by row, from the API's answer to the plan.

Every order here has waited once before, so that the next wait is one in a queue.
"""

import pytest

from service.core.history import History
from service.core.message import PublicationKind
from service.core.outcome import ApiResult, Lost, NotSent, Throttled, classify
from service.core.request import Request, parse
from service.core.settlement import plan_ending
from tests.core.build import FORM, NOW, ago, answered, effects, history, judge, received, waited

ODD_STATUSES = (302, 401, 403, 404, 405, 408, 409, 425, 429)
"""Under these an answer says nothing certain, unless its error is one that is documented."""
PAST = "Fri, 30 Jan 2026 12:00:30 GMT"
BEFORE = history(retries=1, first_seen=ago(10))


def settled(result: ApiResult) -> tuple[list[str], History]:
    """What the result does to an order of which nothing is known yet, and its history then."""
    decision, after = judge(result, BEFORE)
    return effects(decision, after), after


@pytest.mark.parametrize("status", [200, 201, 202, 299])
def test_an_order_id_is_an_acceptance(status: int) -> None:
    """2xx with `order`: the reply says accepted and names it, then the delivery is acked."""
    done, after = settled(answered(status, {"order": "ord_1"}))
    assert done == ["reply accepted ord_1", "replied"]
    assert (after.attempts, after.uncertain, after.last_outcome) == (1, False, "accepted")


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, "Missing required parameter: request_id", "missing_request_id"),
        (400, "Service not found", "service_not_found"),
        (400, "Insufficient balance", "insufficient_balance"),
        (400, "Quantity must be a positive integer", "invalid_quantity"),
        (400, "Coupon expired", "refused"),
        (200, "Not enough funds", "refused"),
        (200, "Insufficient balance", "insufficient_balance"),
        (402, "Payment required", "refused"),
        (407, "Not today", "refused"),
        (418, "A teapot takes no orders", "refused"),
        (422, "Link is private", "refused"),
        *((status, "Insufficient balance", "insufficient_balance") for status in ODD_STATUSES),
    ],
    ids=lambda value: str(value).replace(" ", "-"),
)
def test_an_error_below_500_is_a_refusal(status: int, error: str, code: str) -> None:
    """Below 500 with `error`: the reply says rejected, with its code, then it is acked."""
    done, after = settled(answered(status, {"error": error}))
    assert done == [f"reply rejected {code}", "replied"]
    assert (after.attempts, after.uncertain, after.last_outcome) == (1, False, "refused")


@pytest.mark.parametrize(
    ("result", "told"),
    [
        pytest.param(answered(429, b"", "20"), 20, id="429-tells-20-s"),
        pytest.param(answered(429), None, id="429-tells-nothing"),
        pytest.param(answered(429, {"error": "Slow down"}), None, id="429-error"),
        pytest.param(answered(429, b"", "0.5 s"), None, id="429-tells-nonsense"),
        pytest.param(answered(503, b"", "600"), 600, id="503-tells-600-s"),
        pytest.param(answered(503, b"", PAST), 0, id="503-tells-a-past-date"),
        pytest.param(answered(429, b"", "99999"), 99_999, id="429-tells-a-day"),
        pytest.param(answered(429, b"", "6.5"), 6.5, id="429-tells-decimals"),
        pytest.param(answered(503, b"", "2.0"), 2, id="503-tells-decimals"),
        pytest.param(
            answered(503, b"", "Sat, 31 Jan 2026 12:01:30 GMT", "Sat, 31 Jan 2026 12:01:00 GMT"),
            30,
            id="503-tells-a-date-by-its-own-clock",
        ),
        pytest.param(
            answered(429, b"", "Sat, 31 Jan 2026 12:01:30 GMT"), 90, id="429-tells-a-date"
        ),
    ],
)
def test_a_throttled_order_keeps_its_place(result: ApiResult, told: float | None) -> None:
    """429, or 503 with `Retry-After`: all wait, as it was told; no attempt is counted."""
    outcome = classify(result, NOW)
    assert isinstance(outcome, Throttled)
    assert outcome.retry_after_seconds == told
    done, after = settled(result)
    assert done == ["hold"]
    assert (after.attempts, after.uncertain, after.last_outcome) == (0, False, "throttled")


@pytest.mark.parametrize(
    "result",
    [
        *(
            pytest.param(answered(status, {"error": "No"}), id=str(status))
            for status in (300, 301, 302, 303, 304, 307, 308, 399, 401, 403, 404, 405)
        ),
        pytest.param(answered(404, b"<html>nginx</html>"), id="404-html"),
        pytest.param(answered(302, {"order": "ord_1"}), id="302-with-order"),
        pytest.param(answered(400, {"error": "Invalid API key"}), id="400-names-the-key"),
        pytest.param(answered(200, {"error": "Invalid API key"}), id="200-names-the-key"),
    ],
)
def test_a_misconfigured_account_holds_the_order(result: ApiResult) -> None:
    """401, 403, 404, 405, 3xx, or an error that names the key: hold, and nothing is counted."""
    done, after = settled(result)
    assert done == ["hold"]
    assert (after.attempts, after.uncertain, after.last_outcome) == (0, False, "misconfigured")


@pytest.mark.parametrize("reason", ["connect refused", "TLS", "DNS", "pool time-out"])
def test_an_unreached_api_is_tried_again(reason: str) -> None:
    """Certainly not sent: retry, and the order is as certain as before."""
    done, after = settled(NotSent(reason))
    assert done == ["wait 5 s in a queue", "retried"]
    assert (after.attempts, after.uncertain, after.last_outcome) == (0, False, "unreached")


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(Lost("read time-out"), id="read-time-out"),
        pytest.param(Lost("connection reset"), id="broken-answer"),
        pytest.param(Lost("ended early"), id="short-answer"),
        pytest.param(Lost("more than 64 KiB"), id="oversized-answer"),
        *(
            pytest.param(answered(status, {"error": "Insufficient balance"}), id=f"{status}-error")
            for status in (500, 501, 502, 503, 504, 520, 599)
        ),
        *(
            pytest.param(answered(status, {"error": "Busy"}), id=f"{status}-error")
            for status in (408, 409, 425)
        ),
        pytest.param(answered(503, b"", "soon"), id="503-unreadable-retry-after"),
        pytest.param(answered(503, b"", "-7"), id="503-negative-retry-after"),
        pytest.param(answered(503, b"", ""), id="503-empty-retry-after"),
        pytest.param(answered(500, {"order": "ord_1"}), id="500-with-order"),
        pytest.param(answered(409, {"order": "ord_1"}), id="409-with-order"),
        pytest.param(answered(200, {}), id="200-empty-object"),
        pytest.param(answered(200, {"status": "ok"}), id="200-neither-order-nor-error"),
        pytest.param(answered(204), id="204-empty"),
        pytest.param(answered(200, b"<html>ok</html>"), id="200-html"),
        pytest.param(answered(400, b"<html>Bad Request</html>"), id="400-html"),
        pytest.param(answered(413, b""), id="413-empty"),
        pytest.param(answered(400, {"order": "ord_1", "error": "Late"}), id="400-both"),
        pytest.param(answered(101), id="101"),
        pytest.param(answered(999), id="999"),
    ],
)
def test_an_unknown_outcome_is_tried_again_and_remembered(result: ApiResult) -> None:
    """Perhaps executed: retry, and since the sending of this attempt an order may exist."""
    done, after = settled(result)
    assert done == ["wait 5 s in a queue", "retried"]
    assert (after.attempts, after.unknown_since, after.last_outcome) == (1, ago(1), "unknown")


def test_a_retry_sends_the_same_form_and_knows_what_was_tried() -> None:
    """What comes back from the retry queue is the same request, byte for byte, and its history."""
    decision, after = judge(Lost("read time-out"), BEFORE)
    (copy,) = plan_ending(received(), decision, after, NOW).publications  # type: ignore[arg-type]
    assert copy.kind is PublicationKind.RETRY
    again = parse(waited(copy.message), NOW)
    assert isinstance(again, Request)
    assert again.order.form == FORM
    assert again.history == after.after_wait()
