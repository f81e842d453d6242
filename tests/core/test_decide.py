"""`decide` and `give_up`: the bounds of trying, and where an order waits until the next attempt."""

from datetime import datetime, timedelta

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
    set_aside,
)
from service.core.history import History
from service.core.outcome import ApiResult, Lost, NotSent, Suspected
from tests.core.build import NORMAL, NOW, POLICY, Conditions, ago, ahead, answered, history, judge

LOST = Lost("read time-out")
UNREACHED = NotSent("connect refused")
AT_DEADLINE = Conditions(deadline=NOW)


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
def test_only_short_waits_are_here(retries: int, jitter: float, decision: Decision) -> None:
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


@pytest.mark.parametrize(
    ("suspected", "ending", "status"),
    [
        (Suspected(403, "no", alone=True), Park, Status.UNKNOWN),
        (Suspected(400, "bad key", names_key=True, alone=True), Finish, Status.REJECTED),
    ],
    ids=["403", "key"],
)
def test_an_order_that_alone_is_suspected_is_tried_three_times_more(
    suspected: Suspected, ending: type[Finish | Park], status: Status
) -> None:
    """Then it ends: `rejected` where the API named its key, else `unknown`, and parked."""
    found, seen = history(), []
    for _ in range(MOST_SUSPICIONS + 1):
        found = found.after(suspected, ago(1))
        seen.append(decide(suspected, found, None, POLICY, NOW, 0.5))
        found = found.after_wait()
    assert all(isinstance(one, RetryHere | RetryLater) for one in seen[:-1])
    last = seen[-1]
    assert isinstance(last, ending)
    assert last.answer.status is status
    assert found.attempts == MOST_SUSPICIONS + 1


def gave_up(before: History, under: Conditions) -> Code | None:
    """The code that the order is given up with; None while it may be sent."""
    ending = give_up(before, under.deadline, under.policy, under.now)
    if ending is None:
        return None
    assert ending.answer.problem is not None
    return ending.answer.problem.code


SHORT_WINDOW = Conditions(policy=RetryPolicy(idempotency_window_seconds=60))
ENDS: dict[str, tuple[dict[str, object], Conditions, Code | None]] = {
    "fresh": ({}, NORMAL, None),
    "before-deadline": ({}, Conditions(deadline=ahead(0.000001)), None),
    "at-deadline": ({}, AT_DEADLINE, Code.DEADLINE_PASSED),
    "after-deadline": ({}, Conditions(deadline=ago(1)), Code.DEADLINE_PASSED),
    "before-age": ({"first_seen": ago(86_399)}, NORMAL, None),
    "at-age": ({"first_seen": ago(86_400)}, NORMAL, Code.TOO_OLD),
    "before-attempts": ({"attempts": 11}, NORMAL, None),
    "at-attempts": ({"attempts": 12}, NORMAL, Code.ATTEMPTS_EXHAUSTED),
    "over-attempts": ({"attempts": 99}, NORMAL, Code.ATTEMPTS_EXHAUSTED),
    "waits-are-no-attempts": ({"retries": 1000}, NORMAL, None),
    "before-window": ({"unknown_since": ago(86_399)}, NORMAL, None),
    "at-window": ({"unknown_since": ago(86_400)}, NORMAL, Code.OUTCOME_UNKNOWN),
    "short-window": ({"unknown_since": ago(61)}, SHORT_WINDOW, Code.OUTCOME_UNKNOWN),
    "deadline-is-told-first": (
        {"first_seen": ago(86_400), "attempts": 12},
        AT_DEADLINE,
        Code.DEADLINE_PASSED,
    ),
}


@pytest.mark.parametrize(("before", "under", "code"), ENDS.values(), ids=ENDS)
def test_when_an_order_is_given_up(
    before: dict[str, object], under: Conditions, code: Code | None
) -> None:
    """Each bound counts from its very moment on."""
    assert gave_up(history(**before), under) == code


TWELVE = "no certain answer in 12 attempts"


@pytest.mark.parametrize(
    ("unknown_since", "ending", "answer"),
    [
        (None, Finish, (Status.FAILED, Code.ATTEMPTS_EXHAUSTED, TWELVE)),
        (
            ago(1),
            Park,
            (Status.UNKNOWN, Code.OUTCOME_UNKNOWN, f"{TWELVE}; an order may exist"),
        ),
    ],
    ids=["certain", "uncertain"],
)
def test_what_is_told_when_an_order_is_given_up(
    unknown_since: datetime | None,
    ending: type[Finish | Park],
    answer: tuple[Status, Code, str],
) -> None:
    """The producer reads which bound it was, and a person whether to look for an order."""
    status, code, text = answer
    before = history(attempts=12, unknown_since=unknown_since)
    told = ending(Answer(status, 12, NOW, problem=Problem(code, text)))
    assert give_up(before, None, POLICY, NOW) == told


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
        assert decision == Hold()
    assert before.attempts == 11


def test_a_held_order_waits_without_an_end() -> None:
    """While the account does not work, no bound is asked."""
    late = Conditions(deadline=NOW - timedelta(days=30))
    assert judge(answered(403), history(attempts=99), late)[0] == Hold()


@pytest.mark.parametrize(
    ("age", "deadline_in", "tier"),
    [
        *((0, None, 1), (0.9, None, 1), (4.9, None, 1), (5, None, 5), (29, None, 5)),
        *((30, None, 30), (700, None, 600), (3_600, None, 3_600), (80_000, None, 3_600)),
        *((30, 31, 30), (30, 30, 5), (30, 2, 1), (30, 1, 1), (30, -1, 1)),
    ],
)
def test_what_waits_for_another_waits_as_long_as_it_has_waited(
    age: float, deadline_in: float | None, tier: int
) -> None:
    """And comes back before its end, where a tier is so short: the other's answer is its own."""
    deadline = None if deadline_in is None else ahead(deadline_in)
    assert set_aside(history(first_seen=ago(age)), deadline, POLICY, NOW) == RetryLater(tier)
