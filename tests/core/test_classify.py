"""`classify`: what is certain about an answer of the API, and what is not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.body import MAX_DEPTH
from service.core.codes import Code
from service.core.outcome import (
    Accepted,
    Answered,
    Refused,
    Suspected,
    Throttled,
    Unknown,
    Unreached,
    classify,
    label,
)
from tests.core.build import NOW, answered, many_examples

MISCONFIGURED = {401, 403, 404, 405, *range(300, 400)}
UNCERTAIN = {408, 409, 425, *range(100, 200), *range(500, 600)}


def outcome_of(status: int, content: object = b"", retry_after: str | None = None) -> str:
    """The label of what an answer says."""
    return label(classify(answered(status, content, retry_after), NOW))


@pytest.mark.parametrize(
    ("order", "order_id"),
    [
        pytest.param("ord_01HG9X7KJP4N", "ord_01HG9X7KJP4N", id="text"),
        pytest.param("x" * 500, "x" * 500, id="500-characters"),
        pytest.param(23501, "23501", id="integer"),
        pytest.param("0", "0", id="zero-as-text"),
        pytest.param("false", "false", id="false-as-text"),
        pytest.param(" \u200b1", " \u200b1", id="one-that-can-be-seen"),
        pytest.param(1, "1", id="one"),
        pytest.param(-1, "-1", id="negative"),
        pytest.param(1.5, "1.5", id="fraction"),
    ],
)
def test_an_order_id_is_kept_as_text(order: object, order_id: str) -> None:
    """Other panels give a number; it names the order just as well."""
    assert classify(answered(200, {"order": order}), NOW) == Accepted(order_id, 200)


@pytest.mark.parametrize("literal", ["1.50", "1e3", "9007199254740993.0"])
def test_an_order_number_is_kept_as_it_is_written(literal: str) -> None:
    """A float would make another number of it."""
    answer = Answered(200, b'{"order": %b}' % literal.encode())
    assert classify(answer, NOW) == Accepted(literal, 200)


NONE = [None, False, 0, 0.0, -0.0, "", " ", "\t\r\n", "\u200b\u2060", "\u00a0\u3000", "\x00"]


@pytest.mark.parametrize("order", NONE, ids=ascii)
def test_what_names_no_order_is_none(order: object) -> None:
    """Beside an error, or under an error's status, it is a refusal; alone it says nothing."""
    balance = {"order": order, "error": "Insufficient balance"}
    for status in (200, 400, 404, 429):
        expected = Refused(Code.INSUFFICIENT_BALANCE, "Insufficient balance", status)
        assert classify(answered(status, balance), NOW) == expected
    assert outcome_of(200, {"order": order}) == "unknown"
    assert outcome_of(400, {"order": order}) == "refused"


@pytest.mark.parametrize("status", [200, 201, 299])
def test_an_order_beside_an_error_exists(status: int) -> None:
    """2xx with `order` is an acceptance, whatever else the answer says."""
    both = {"error": "Low balance", "order": "ord_1"}
    assert classify(answered(status, both), NOW) == Accepted("ord_1", status)


@pytest.mark.parametrize(
    "order",
    [True, [], ["ord_1"], {}, {"id": 1}, "x" * 501, " " * 501 + "ord_1", "ord_\ud800"],
    ids=lambda value: json.dumps(value)[:10],
)
@pytest.mark.parametrize("error", [None, "Service not found"], ids=["no-error", "with-error"])
@pytest.mark.parametrize("status", [200, 400])
def test_an_order_of_another_kind_is_unclear(status: int, error: str | None, order: object) -> None:
    """What stands in `order` may mean an order, so that even an error beside it refuses nothing."""
    assert outcome_of(status, {"order": order, "error": error}) == "unknown"


def test_other_keys_may_be_there_twice() -> None:
    """Only a result that is there twice is none."""
    content = b'{"charge": 1, "order": "ord_1", "charge": 2}'
    assert classify(Answered(200, content), NOW) == Accepted("ord_1", 200)


@pytest.mark.parametrize("status", [400, 402, 422, 499])
@pytest.mark.parametrize("more", [{}, {"error": "Service not found"}], ids=["alone", "error"])
def test_an_order_under_an_errors_status_is_uncertain(status: int, more: dict[str, str]) -> None:
    """The status says no and the body says yes: an order may exist."""
    assert outcome_of(status, {"order": "ord_1"} | more) == "unknown"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" \n", id="blank"),
        pytest.param(b"<!doctype html><title>Welcome</title>", id="html"),
        pytest.param(b"OK", id="text"),
        pytest.param(b"null", id="null"),
        pytest.param(b"17", id="number"),
        pytest.param(b'"ord_1"', id="string"),
        pytest.param(b'[{"order": "ord_1"}]', id="array"),
        pytest.param(b'{"order": "ord_', id="cut-off"),
        pytest.param(b'{"order": "ord_1"} trailing', id="trailing"),
        pytest.param(b'{"error": "Solde \xe9puis\xe9"}', id="latin-1"),
        pytest.param(b'{"order": ' + b"1" * 5000 + b"}", id="5000-digits"),
        pytest.param(b'{"order": "ord_1", "order": "ord_2"}', id="two-orders"),
        pytest.param(b'{"order": null, "error": "x", "order": "ord_2"}', id="order-twice"),
        pytest.param(b'{"error": "Service not found", "error": null}', id="error-twice"),
        pytest.param(b"[" * 60_000, id="deep-arrays"),
        pytest.param(b'{"order":' * 7_000, id="deep-objects"),
        pytest.param(b'{"error": ' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", id="one-too-deep"),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_that_is_no_json_object_is_unknown(status: int, content: bytes) -> None:
    """A proxy's page or half an answer says nothing about the order."""
    assert outcome_of(status, content) == "unknown"


def test_an_error_as_deep_as_is_read_is_a_refusal() -> None:
    """It is written into the reply, cut off, on every Python."""
    depth = MAX_DEPTH - 1
    assert outcome_of(400, b'{"error": ' + b"[" * depth + b"]" * depth + b"}") == "refused"


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [(None, None), ("7", 7.0), ("soon", None), ("-1", None), ("0", 0.0)],
    ids=["absent", "seconds", "unreadable", "negative", "zero"],
)
def test_429_asks_to_wait_with_or_without_saying_how_long(
    retry_after: str | None, seconds: float | None
) -> None:
    """429 is always throttled; the wait is what the header says, where it can be read."""
    content = {"error": "Invalid API key"}
    assert classify(answered(429, content, retry_after), NOW) == Throttled(429, seconds)


@pytest.mark.parametrize("status", [200, 400, 500, 502, 408, 409, 401, 302])
def test_retry_after_changes_nothing_elsewhere(status: int) -> None:
    """Only 429 and 503 ask to wait."""
    content = {"error": "Busy"}
    assert outcome_of(status, content, "30") == outcome_of(status, content)


@pytest.mark.parametrize(
    ("status", "retry_after"),
    [(429, "Sat, 31 Jan 99999999999 12:00:00 GMT"), (200, "Sat, 31 Jan 99999999999 12:00:00 GMT")],
)
def test_no_header_makes_classify_raise(status: int, retry_after: str) -> None:
    """The order was sent: whatever stands in a header, its outcome must be recorded."""
    assert outcome_of(status, {"order": "ord_1"}, retry_after) in ("throttled", "accepted")


def test_what_is_told_about_an_answer() -> None:
    """Outcomes carry the status and the reason that people will read."""
    assert classify(answered(404), NOW) == Suspected(404, "the API answered 404")
    assert classify(answered(301), NOW) == Suspected(301, "the API answered 301, a redirect")
    assert classify(answered(502), NOW) == Unknown("the API answered 502", 502)
    assert classify(answered(409), NOW) == Unknown("the API answered 409", 409)


contents = st.one_of(
    st.binary(max_size=40),
    st.fixed_dictionaries(
        {},
        optional={
            "order": st.sampled_from(["ord_1", "", 5, None, True]),
            "error": st.sampled_from(["Service not found", "Invalid key", "", None, {"a": 1}]),
        },
    ).map(lambda value: json.dumps(value).encode()),
)


@many_examples
@given(st.integers(0, 700), contents, st.none() | st.sampled_from(["5", "x", "-1"]))
def test_certainty_needs_a_clear_answer(status: int, body: bytes, retry_after: str | None) -> None:
    """Only 2xx with an order accepts, only an error below 500 refuses, and 5xx is never certain."""
    outcome = classify(Answered(status, body, retry_after), NOW)
    match outcome:
        case Accepted():
            content: Any = json.loads(body)
            assert 200 <= status < 300
            assert str(content["order"]) == outcome.order_id
        case Refused():
            assert 200 <= status < 500
            content = json.loads(body)
            assert content.get("order") in (None, "")
            documented = content.get("error") == "Service not found"
            assert documented or status not in MISCONFIGURED | UNCERTAIN | {429}
            assert documented or content.get("error") or status >= 400
        case Throttled():
            assert status == 429 or (status == 503 and retry_after == "5")
        case Suspected():
            assert status in MISCONFIGURED or b"Invalid key" in body
        case Unknown():
            assert status not in MISCONFIGURED
        case Unreached():
            pytest.fail("an answer came, so the API was reached")


def test_an_order_id_that_is_no_text_is_in_doubt() -> None:
    """A lone surrogate has no UTF-8 form: a reply with it could not be read by all."""
    answer = Answered(200, b'{"order": "ord_\\ud800"}')
    assert isinstance(classify(answer, NOW), Unknown)
