"""What several attempts together come to, and how giving up ends."""

from dataclasses import replace

import pytest

from service.core.decision import Finish, Park, RetryPolicy, give_up
from service.core.history import History
from service.core.outcome import ApiResult, Lost, NotSent
from tests.core.build import (
    NOW,
    POLICY,
    Conditions,
    ago,
    ahead,
    answered,
    effects,
    history,
    judge,
    received,
)

LOST = Lost("read time-out")
UNREACHED = NotSent("connect refused")
THROTTLED = answered(429, b"", "5")
BAD_KEY = answered(401)
ACCEPTED = answered(200, {"order": "ord_1"})
REFUSED = answered(400, {"error": "Service not found"})

WAITS = ["wait 5 s in a queue", "retried"]
PARKED = ["park unknown outcome_unknown", "reply unknown outcome_unknown", "parked"]


def after_all(results: list[ApiResult]) -> tuple[list[str], History]:
    """What the last of these attempts does, and the history then."""
    done: list[str] = []
    so_far = history(retries=1, first_seen=ago(10))
    for result in results:
        decision, so_far = judge(result, so_far)
        done = effects(decision, so_far)
    return done, so_far


@pytest.mark.parametrize(
    ("results", "done", "attempts"),
    [
        ([LOST, ACCEPTED], ["reply accepted ord_1", "replied"], 2),
        ([LOST, REFUSED], ["reply rejected service_not_found", "replied"], 2),
        (
            [LOST, LOST, UNREACHED, THROTTLED, BAD_KEY, ACCEPTED],
            ["reply accepted ord_1", "replied"],
            3,
        ),
    ],
    ids=["accepted", "refused", "accepted-after-everything"],
)
def test_an_answer_makes_an_unknown_order_certain(
    results: list[ApiResult], done: list[str], attempts: int
) -> None:
    """Once an attempt was unknown, a later acceptance or refusal says what is true."""
    last, after = after_all(results)
    assert last == done
    assert (after.attempts, after.uncertain) == (attempts, False)


@pytest.mark.parametrize(
    ("results", "done", "attempts"),
    [
        pytest.param([LOST, UNREACHED], WAITS, 1, id="unreached"),
        pytest.param([LOST, THROTTLED], ["hold"], 1, id="throttled"),
        pytest.param([LOST, BAD_KEY], ["hold"], 1, id="misconfigured"),
        pytest.param([LOST, LOST], WAITS, 2, id="unknown-again"),
        pytest.param([UNREACHED, LOST, UNREACHED], WAITS, 1, id="between-unreached"),
    ],
)
def test_nothing_else_makes_an_unknown_order_certain(
    results: list[ApiResult], done: list[str], attempts: int
) -> None:
    """What is no answer about the order leaves it as unknown as it was."""
    last, after = after_all(results)
    assert last == done
    assert (after.attempts, after.unknown_since) == (attempts, ago(1))


def test_the_first_unknown_attempt_starts_the_window() -> None:
    """The API may forget the request_id from the first attempt on that may have reached it."""
    _, first = judge(LOST, history(first_seen=ago(10)), Conditions(now=ago(5)))
    _, second = judge(LOST, first)
    assert (first.unknown_since, second.unknown_since) == (ago(6), ago(6))


def test_misconfigured_holds_even_past_the_deadline() -> None:
    """Nothing is answered for an order whose account does not work."""
    decision, after = judge(BAD_KEY, history(first_seen=ago(90_000)), Conditions(deadline=ago(1)))
    assert effects(decision, after) == ["hold"]


@pytest.mark.parametrize(
    ("result", "done"),
    [
        (ACCEPTED, ["reply accepted ord_1", "replied"]),
        (REFUSED, ["reply rejected service_not_found", "replied"]),
    ],
    ids=["accepted", "refused"],
)
def test_a_certain_answer_counts_even_past_every_bound(result: ApiResult, done: list[str]) -> None:
    """What the API says of an order is true however late it comes."""
    before = history(first_seen=ago(90_000), attempts=50, unknown_since=ago(90_000))
    decision, after = judge(result, before, Conditions(deadline=ago(1)))
    assert effects(decision, after) == done


EXHAUSTED = RetryPolicy(max_attempts=1)


@pytest.mark.parametrize(
    ("before", "under", "code"),
    [
        ({}, Conditions(deadline=NOW), "deadline_passed"),
        ({"first_seen": ago(86_400)}, Conditions(), "too_old"),
        ({"attempts": 1}, Conditions(policy=EXHAUSTED), "attempts_exhausted"),
    ],
    ids=["deadline", "age", "attempts"],
)
def test_giving_up_is_failed_where_certainly_no_order_exists(
    before: dict[str, object], under: Conditions, code: str
) -> None:
    """Without an unknown attempt the producer may send it again, and nobody has to look at it."""
    decision, after = judge(UNREACHED, history(**before), under)
    assert effects(decision, after) == [f"reply failed {code}", "replied"]


@pytest.mark.parametrize("result", [LOST, UNREACHED], ids=["unknown", "unreached"])
@pytest.mark.parametrize(
    ("before", "under", "why"),
    [
        ({}, Conditions(deadline=NOW), "the deadline has passed"),
        ({"first_seen": ago(86_400)}, Conditions(), "no certain answer within 86400 s"),
        ({"attempts": 2}, Conditions(policy=RetryPolicy(max_attempts=2)), "no certain answer in"),
        (
            {"unknown_since": ago(86_400), "first_seen": ago(10)},
            Conditions(),
            "the API may have forgotten the request_id",
        ),
    ],
    ids=["deadline", "age", "attempts", "window"],
)
def test_giving_up_is_unknown_where_an_order_may_exist(
    result: ApiResult, before: dict[str, object], under: Conditions, why: str
) -> None:
    """The copy for a person is published before the reply, so that the reply stays true."""
    start = replace(history(first_seen=ago(10), unknown_since=ago(9)), **before)  # type: ignore[arg-type]
    decision, after = judge(result, start, under)
    assert effects(decision, after) == PARKED
    assert isinstance(decision, Park)
    assert decision.answer.problem is not None
    assert decision.answer.problem.message.startswith(why)
    assert decision.answer.problem.message.endswith("; an order may exist")


def test_giving_up_before_the_first_attempt_is_failed() -> None:
    """An order that arrives after its deadline was never sent, and is not parked."""
    ending = give_up(history(), deadline=NOW, policy=POLICY, now=NOW)
    assert isinstance(ending, Finish)
    assert effects(ending, history()) == ["reply failed deadline_passed", "replied"]


def test_giving_up_a_redelivered_order_is_unknown() -> None:
    """A process that died may have sent it: only a person can say what exists."""
    again = history(first_seen=ago(10), unknown_since=ago(10))
    ending = give_up(again, deadline=ahead(-1), policy=POLICY, now=NOW)
    assert isinstance(ending, Park)
    assert effects(ending, again, received(redelivered=True)) == PARKED
