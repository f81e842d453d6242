"""The sentences of the holds: what was met, whose setting it is, and nothing of the API's own."""

import pytest

from service.core.outcome import Answered, Suspected, Unknown, Unreached, classify
from service.flow.sending.why import failing, suspected, throttled
from tests.flow.clock import EPOCH
from tests.flow.fakes import refusal

SECRET = "a-secret-1"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answered(401, b""), "the API answered 401; see ORDER_RELAY_API__KEY"),
        (Answered(403, b""), "the API answered 403; see ORDER_RELAY_API__KEY"),
        (Answered(404, b""), "the API answered 404; see ORDER_RELAY_API__URL"),
        (Answered(405, b""), "the API answered 405; see ORDER_RELAY_API__URL"),
        (Answered(308, b""), "the API answered 308, a redirect; see ORDER_RELAY_API__URL"),
        (
            refusal(f"Invalid API key {SECRET}"),
            "an error of the API names the key; see ORDER_RELAY_API__KEY",
        ),
    ],
)
def test_what_speaks_against_the_account_names_the_setting(answer: Answered, sentence: str) -> None:
    """By the kind of the answer; where the API repeats the key, nobody reads it here."""
    outcome = classify(answer, EPOCH)
    assert isinstance(outcome, Suspected)
    assert suspected(outcome) == sentence


@pytest.mark.parametrize("outcome", [Unreached("connection refused"), Unknown("read timed out")])
def test_an_api_that_is_away_says_how_it_failed_last(outcome: Unreached | Unknown) -> None:
    """In words of ours, as every reason of an attempt."""
    assert failing(outcome) == (
        f"attempts fail, none succeeds: {outcome.reason}; see the API's status and the network"
    )


@pytest.mark.parametrize(
    ("seconds", "asked_here", "sentence"),
    [
        (12.0, True, "the API asks to wait 12 s; orders go on by themselves"),
        (12.2, True, "the API asks to wait 13 s; orders go on by themselves"),
        (0.2, True, "the API asks to wait 1 s; orders go on by themselves"),
        (60, False, "the API has asked another replica to wait 60 s; orders go on by themselves"),
    ],
)
def test_a_wait_says_how_long_it_is_and_for_whom(
    seconds: float, sentence: str, *, asked_here: bool
) -> None:
    """In whole seconds, never none."""
    assert throttled(seconds, asked_here=asked_here) == sentence
