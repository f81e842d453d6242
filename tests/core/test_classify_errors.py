"""`classify`: the API's error texts, and which of them are about the account's key."""

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


def outcome_of_content(content: object, status: int) -> str:
    """The label of what an answer with this JSON says."""
    return label(classify(answered(status, content), NOW))


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
    ("content", "words"),
    [
        pytest.param({"error": "No", "message": "Never"}, "No", id="error-first"),
        pytest.param({"message": "Never", "detail": "No"}, "Never", id="message"),
        pytest.param({"errors": ["No", "Never"], "detail": "x"}, "No; Never", id="errors"),
        pytest.param({"detail": "No"}, "No", id="detail"),
        pytest.param({"error": True, "message": "No"}, "No", id="true-and-message"),
        pytest.param({"error": 17, "message": "No"}, "No", id="number-and-message"),
        pytest.param({"error": 1.5, "errors": {"a": "No"}}, '{"a": "No"}', id="fraction"),
        pytest.param({"error": None, "message": "No"}, "No", id="null-and-message"),
        pytest.param({"error": " ", "message": "No"}, "No", id="blank-and-message"),
        pytest.param({"error": {"message": "No", "code": 7}}, "No", id="message-inside"),
        pytest.param({"error": {"error": "No"}}, "No", id="error-inside"),
        pytest.param({"error": {"message": "", "detail": "No"}}, "No", id="detail-inside"),
        pytest.param({"error": {"message": ["No", "Never"]}}, "No; Never", id="array-inside"),
        pytest.param({"error": {"errors": [{"msg": "No"}]}}, "No", id="errors-inside"),
        pytest.param({"error": {"error": {"message": "No"}}}, "No", id="twice-inside"),
        pytest.param({"detail": [{"loc": ["x"], "msg": "No"}]}, "No", id="detail-objects"),
        pytest.param(
            {"error": {"error": {"error": {"error": {"error": {"error": "No"}}}}}},
            '{"error": "No"}',
            id="deep-inside",
        ),
        pytest.param(
            {"error": {"code": 7, "text": "No"}}, '{"code": 7, "text": "No"}', id="object"
        ),
        pytest.param({"errors": {"runs": ["No"]}}, '{"runs": ["No"]}', id="errors-by-field"),
        pytest.param({"errors": [{"title": "No"}, {"detail": "x"}]}, "No; x", id="errors-objects"),
        pytest.param({"errors": [{"a": 1}, ["No"], 5, ""]}, '{"a": 1}; ["No"]', id="errors-mixed"),
        pytest.param({"error": ["No", "Never"]}, "No; Never", id="array"),
        pytest.param({"error": 17}, "17", id="number"),
        pytest.param({"error": 1.5}, "1.5", id="fraction-alone"),
        pytest.param({"error": True}, "true", id="true"),
        pytest.param({"error": [5]}, "[5]", id="array-of-numbers"),
        pytest.param({}, "the API answered 400 without a word", id="nothing"),
        pytest.param({"status": "fail"}, "the API answered 400 without a word", id="other-keys"),
    ],
)
def test_the_apis_words_are_found_wherever_it_writes_them(content: object, words: str) -> None:
    """The producer reads why, and not only that."""
    assert classify(answered(400, content), NOW) == Refused(Code.REFUSED, words, 400)


@pytest.mark.parametrize(
    "content",
    [
        {"error": True, "message": "Insufficient balance"},
        {"error": {"message": "insufficient balance."}},
        {"errors": ["Insufficient balance"]},
        {"error": {"error": {"message": ["Insufficient balance"]}}},
    ],
    ids=str,
)
def test_a_documented_error_has_its_code_in_every_shape(content: object) -> None:
    """The words count."""
    outcome = classify(answered(400, content), NOW)
    assert isinstance(outcome, Refused)
    assert outcome.code is Code.INSUFFICIENT_BALANCE


@pytest.mark.parametrize("status", [404, 409, 429, 302])
def test_only_an_error_is_believed_under_another_status(status: int) -> None:
    """A gateway writes messages, too."""
    assert outcome_of_content({"message": "Service not found"}, status) != "refused"
    assert outcome_of_content({"error": {"message": "Service not found"}}, status) == "refused"


NO_ERROR: list[object] = [None, "", False, [], {}, 0, 0.0, " \t", "\u200b"]


@pytest.mark.parametrize("error", NO_ERROR, ids=ascii)
def test_an_empty_error_refuses_nothing_by_itself(error: object) -> None:
    """Panels write `"error": 0` or `""` for "none": with 2xx an order may exist, with 4xx none."""
    assert outcome_of(error, 200) == "unknown"
    assert outcome_of(error, 400) == "refused"


@pytest.mark.parametrize("name", ["message", "errors", "detail"])
def test_words_without_an_error_refuse_nothing_under_2xx(name: str) -> None:
    """`{"message": "queued"}` is no refusal."""
    assert outcome_of_content({name: "queued"}, 200) == "unknown"


def test_a_long_error_is_cut() -> None:
    """At most 500 characters of the API's own words go into a reply."""
    outcome = classify(answered(400, {"error": "No. " * 200}), NOW)
    assert isinstance(outcome, Refused)
    assert outcome.message == ("No. " * 200)[:500]


def test_an_error_with_the_key_as_a_member_name_is_about_the_key() -> None:
    """An error that is an object is searched like a text."""
    assert outcome_of({"key": "is not valid"}) == "misconfigured"


@pytest.mark.parametrize("name", ["error", "message", "errors", "detail"])
def test_the_key_is_found_wherever_the_api_names_it(name: str) -> None:
    """It is the same sentence."""
    assert outcome_of_content({name: "Invalid API key"}, 400) == "misconfigured"
