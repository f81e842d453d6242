"""`decide` and `give_up`: the bounds of trying, and where an order waits until the next attempt."""

from datetime import timedelta

import pytest

from service.core.answer import Answer, Problem
from service.core.codes import Code, Status
from service.core.decision import (
    MOST_SUSPICIONS,
    Decision,
    Finish,
    Hold,
    Park,
    RetryHere,
    RetryLater,
    RetryPolicy,
    decide,
    give_up,
)
from service.core.history import History
from service.core.outcome import ApiResult, Lost, NotSent, Suspected
from tests.core.build import NOW, POLICY, Conditions, ago, ahead, answered, history, judge

LOST = Lost("read time-out")
UNREACHED = NotSent("connect refused")


@pytest.mark.parametrize(
    ("retries", "jitter", "decision"),
    [
        (0, 0.0, RetryHere(0.0)),
        (0, 0.5, RetryHere(0.5)),
        (1, 0.2, RetryHere(1.0)),
        (1, 0.3, RetryLater(5)),
        (2, 0.01, RetryHere(0.3)),
        (2, 0.1, RetryLater(5)),
        (2, 0.9, RetryLater(30)),
        (3, 0.9, RetryLater(120)),
        (4, 0.9, RetryLater(600)),
        (5, 0.9, RetryLater(3600)),
        (99, 0.9, RetryLater(3600)),
    ],
)
def test_short_waits_are_here_and_long_ones_in_a_queue(
    retries: int, jitter: float, decision: Decision
) -> None:
    """Up to the first tier in the process; longer in the shortest tier that is long enough."""
    found, _ = judge(UNREACHED, history(retries=retries), Conditions(jitter=jitter))
    assert found == decision


@pytest.mark.parametrize(
    ("left_seconds", "decision"),
    [
        pytest.param(4000, RetryLater(3600), id="all-fit"),
        pytest.param(3601, RetryLater(3600), id="just-fits"),
        pytest.param(3600, RetryLater(600), id="ends-with-the-tier"),
        pytest.param(601, RetryLater(600), id="second-longest"),
        pytest.param(100, RetryLater(30), id="thirty"),
        pytest.param(2, RetryLater(1), id="shortest"),
        pytest.param(1, RetryHere(1.0), id="none-fits"),
        pytest.param(0.25, RetryHere(0.25), id="a-moment-left"),
    ],
)
@pytest.mark.parametrize("bound", ["deadline", "age", "window"])
def test_a_tier_ends_before_the_order_does(
    bound: str, left_seconds: float, decision: Decision
) -> None:
    """A wait that outlasted the deadline, the age or the window would be a certain failure."""
    before = history(retries=5)
    deadline = None
    match bound:
        case "deadline":
            deadline = ahead(left_seconds)
        case "age":
            before = history(retries=5, first_seen=ago(86_400 - left_seconds))
        case _:
            before = history(
                retries=5, first_seen=ago(10), unknown_since=ago(86_400 - left_seconds)
            )
    under = Conditions(deadline=deadline, policy=RetryPolicy(max_age_seconds=86_400), jitter=0.99)
    found, _ = judge(UNREACHED, before, under)
    assert found == decision


@pytest.mark.parametrize("left_seconds", [0.1, 0.5, 0.89])
def test_a_wait_here_does_not_outlast_the_order_either(left_seconds: float) -> None:
    """Rule 4: never past the point where the order would be given up."""
    under = Conditions(deadline=ahead(left_seconds), jitter=0.9)
    found, _ = judge(UNREACHED, history(), under)
    assert isinstance(found, RetryHere)
    assert found.seconds <= left_seconds


@pytest.mark.parametrize("result", [answered(429), answered(503, b"", "100"), answered(401)])
def test_what_concerns_the_account_keeps_the_order_where_it_is(result: ApiResult) -> None:
    """Whatever the order met before, and with nothing counted against it."""
    before = history(retries=9, attempts=9)
    decision, after = judge(result, before)
    assert decision == Hold()
    assert (after.retries, after.attempts, after.suspicions) == (9, 9, 0)


@pytest.mark.parametrize("names_key", [False, True], ids=["403", "key"])
def test_an_order_that_alone_is_suspected_is_tried_three_times_more(*, names_key: bool) -> None:
    """Then it ends: `rejected` where the API named its key, else `unknown`, and parked."""
    suspected = Suspected(403, "the API answered 403", names_key=names_key, alone=True)
    found, seen = history(), []
    for _ in range(MOST_SUSPICIONS + 1):
        found = found.after(suspected, ago(1))
        seen.append(decide(suspected, found, None, POLICY, NOW, 0.5))
        found = found.after_wait()
    assert all(isinstance(one, RetryHere | RetryLater) for one in seen[:-1])
    assert isinstance(seen[-1], Finish if names_key else Park)
    assert seen[-1].answer.status is (Status.REJECTED if names_key else Status.UNKNOWN)
    assert found.attempts == MOST_SUSPICIONS + 1


def gave_up(before: History, under: Conditions) -> Code | None:
    """The code that the order is given up with; None while it may be sent."""
    ending = give_up(before, under.deadline, under.policy, under.now)
    if ending is None:
        return None
    assert ending.answer.problem is not None
    return ending.answer.problem.code


@pytest.mark.parametrize(
    ("before", "under", "code"),
    [
        pytest.param({}, Conditions(), None, id="fresh"),
        pytest.param({}, Conditions(deadline=ahead(0.000001)), None, id="before-deadline"),
        pytest.param({}, Conditions(deadline=NOW), Code.DEADLINE_PASSED, id="at-deadline"),
        pytest.param({}, Conditions(deadline=ago(1)), Code.DEADLINE_PASSED, id="after-deadline"),
        pytest.param({"first_seen": ago(86_399)}, Conditions(), None, id="before-age"),
        pytest.param({"first_seen": ago(86_400)}, Conditions(), Code.TOO_OLD, id="at-age"),
        pytest.param({"attempts": 11}, Conditions(), None, id="before-attempts"),
        pytest.param({"attempts": 12}, Conditions(), Code.ATTEMPTS_EXHAUSTED, id="at-attempts"),
        pytest.param({"attempts": 99}, Conditions(), Code.ATTEMPTS_EXHAUSTED, id="over-attempts"),
        pytest.param({"retries": 1000}, Conditions(), None, id="waits-are-no-attempts"),
        pytest.param({"unknown_since": ago(86_399)}, Conditions(), None, id="before-window"),
        pytest.param(
            {"unknown_since": ago(86_400)}, Conditions(), Code.OUTCOME_UNKNOWN, id="at-window"
        ),
        pytest.param(
            {"unknown_since": ago(61)},
            Conditions(policy=RetryPolicy(idempotency_window_seconds=60)),
            Code.OUTCOME_UNKNOWN,
            id="short-window",
        ),
        pytest.param(
            {"first_seen": ago(86_400), "attempts": 12},
            Conditions(deadline=NOW),
            Code.DEADLINE_PASSED,
            id="deadline-is-told-first",
        ),
    ],
)
def test_when_an_order_is_given_up(
    before: dict[str, object], under: Conditions, code: Code | None
) -> None:
    """Each bound counts from its very moment on."""
    assert gave_up(history(**before), under) == code


@pytest.mark.parametrize(
    ("before", "ending"),
    [
        pytest.param(
            history(attempts=12),
            Finish(
                Answer(
                    Status.FAILED,
                    12,
                    NOW,
                    problem=Problem(Code.ATTEMPTS_EXHAUSTED, "no certain answer in 12 attempts"),
                )
            ),
            id="certain",
        ),
        pytest.param(
            history(attempts=12, unknown_since=ago(1)),
            Park(
                Answer(
                    Status.UNKNOWN,
                    12,
                    NOW,
                    problem=Problem(
                        Code.OUTCOME_UNKNOWN,
                        "no certain answer in 12 attempts; an order may exist",
                    ),
                )
            ),
            id="uncertain",
        ),
    ],
)
def test_what_is_told_when_an_order_is_given_up(before: History, ending: Finish | Park) -> None:
    """The producer reads which bound it was, and a person whether to look for an order."""
    assert give_up(before, deadline=None, policy=POLICY, now=NOW) == ending


def test_the_last_attempt_is_counted_before_it_is_judged() -> None:
    """Twelve attempts are twelve, not thirteen."""
    eleventh, _ = judge(LOST, history(attempts=10))
    twelfth, after = judge(LOST, history(attempts=11))
    assert isinstance(eleventh, RetryHere | RetryLater)
    assert isinstance(twelfth, Park)
    assert after.attempts == 12


def test_throttled_attempts_do_not_count() -> None:
    """An API that is busy for long uses up no order's attempts."""
    before = history(attempts=11)
    for _ in range(30):
        decision, before = judge(answered(429, b"", "60"), before)
        assert decision == RetryLater(120)
    assert before.attempts == 11


def test_a_held_order_waits_without_an_end() -> None:
    """While the account does not work, no bound is asked."""
    late = Conditions(deadline=NOW - timedelta(days=30))
    assert judge(answered(403), history(attempts=99), late)[0] == Hold()
