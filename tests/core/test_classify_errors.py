"""`classify`: the API's error texts, and which of them are about the account's key."""

import json

import pytest

from service.core.codes import Code
from service.core.outcome import Refused, Suspected, classify, label
from tests.core.build import NOW, answered

DOCUMENTED = {
    "Missing required parameter: request_id": Code.MISSING_REQUEST_ID,
    "Service not found": Code.SERVICE_NOT_FOUND,
    "Insufficient balance": Code.INSUFFICIENT_BALANCE,
    "Quantity must be a positive integer": Code.INVALID_QUANTITY,
}


def outcome_of(error: object, status: int = 400) -> str:
    """The label of what an answer with this error says."""
    return label(classify(answered(status, {"error": error}), NOW))


@pytest.mark.parametrize("error", DOCUMENTED, ids=list(DOCUMENTED.values()))
@pytest.mark.parametrize(
    "spelling",
    ["{}", "{}.", " {} ", "{}. ", "\t{}\n", "{}..."],
    ids=["plain", "full-stop", "spaces", "full-stop-space", "tab-newline", "ellipsis"],
)
@pytest.mark.parametrize(
    "case", [str, str.upper, str.lower, str.title], ids=["as-is", "upper", "lower", "title"]
)
def test_documented_errors_have_their_codes(error: str, spelling: str, case: type[str]) -> None:
    """Letter case, a full stop and space around it make no other error of it; its text is kept."""
    text = spelling.format(case(error))
    expected = Refused(DOCUMENTED[error], text, 400)
    assert classify(answered(400, {"error": text}), NOW) == expected


@pytest.mark.parametrize(
    "error",
    ["Service not found: 7", "No service", "balance", "Quantity must be positive", "request_id"],
)
def test_other_errors_are_refusals_without_a_code_of_their_own(error: str) -> None:
    """What is not documented is `refused`, in the API's own words."""
    assert classify(answered(422, {"error": error}), NOW) == Refused(Code.REFUSED, error, 422)


@pytest.mark.parametrize(
    "error",
    [
        *("Invalid API key", "invalid api key.", "INVALID KEY", "API-Key required"),
        *("api_key is missing", "Wrong apikey", "The key was revoked", "Key: suspended"),
        *("Missing required parameter: key", "`key` is not valid", "X-API-Key was not sent"),
        *("invalid_api_key", "invalid_key", "ERR_INVALID_API_KEY"),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 422])
def test_an_error_that_names_the_key_concerns_the_account(error: str, status: int) -> None:
    """A bad key is no fault of the order; it must not be answered `rejected`."""
    assert classify(answered(status, {"error": error}), NOW) == Suspected(
        status, error, names_key=True
    )


@pytest.mark.parametrize(
    "error",
    [
        *("Idempotency key already used", "The idempotency-key is too long"),
        *("idempotency_key conflict", "IDEMPOTENCY KEY", "Keyboard services are closed"),
        *("Turkey is not served", "A keyword is missing", "Monkey business", "Hotkeys only"),
    ],
)
def test_an_error_that_only_looks_like_the_key_is_a_refusal(error: str) -> None:
    """One order's fault must not stop all the others."""
    assert outcome_of(error) == "refused"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ({"code": 7, "text": "No"}, '{"code": 7, "text": "No"}'),
        (["No", "Never"], '["No", "Never"]'),
        (17, "17"),
        (True, "true"),
    ],
    ids=["object", "array", "number", "true"],
)
def test_an_error_of_another_type_is_kept_as_json(error: object, text: str) -> None:
    """Whatever stands in `error`, the producer can read it."""
    assert classify(answered(400, {"error": error}), NOW) == Refused(Code.REFUSED, text, 400)


@pytest.mark.parametrize(
    "error", [None, "", False, [], {}, 0, " \t"], ids=lambda value: repr(json.dumps(value))
)
@pytest.mark.parametrize("status", [200, 400])
def test_an_empty_error_refuses_nothing(status: int, error: object) -> None:
    """Panels write `"error": 0` or `""` for "none"; certain it is not, so an order may exist."""
    assert outcome_of(error, status) == "unknown"


def test_a_long_error_is_cut() -> None:
    """At most 500 characters of the API's own words go into a reply."""
    outcome = classify(answered(400, {"error": "No. " * 200}), NOW)
    assert isinstance(outcome, Refused)
    assert outcome.message == ("No. " * 200)[:500]


def test_an_error_with_the_key_as_a_member_name_is_about_the_key() -> None:
    """An error that is an object is searched like a text."""
    assert outcome_of({"key": "is not valid"}) == "misconfigured"
