"""What holds for every decision, whatever the outcome, the history and the policy."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.core.codes import Status
from service.core.decision import Finish, Hold, Park, RetryHere, RetryLater, RetryPolicy, give_up
from service.core.history import History
from service.core.outcome import ApiResult, Lost, NotSent
from tests.core.build import NOW, Conditions, answered, judge, many_examples

moments = st.floats(-100_000, 10).map(lambda seconds: NOW + timedelta(seconds=seconds))
histories = st.builds(
    History,
    first_seen=moments,
    attempts=st.integers(0, 15),
    retries=st.integers(0, 20),
    unknown_since=st.none() | moments,
)
policies = st.builds(
    RetryPolicy,
    delays_seconds=st.lists(st.integers(1, 10_000), min_size=1, max_size=6, unique=True)
    .map(sorted)
    .map(tuple),
    max_attempts=st.integers(1, 15),
    max_age_seconds=st.integers(1, 100_000),
    idempotency_window_seconds=st.integers(1, 100_000),
)
deadlines = st.none() | st.floats(-10, 10_000).map(lambda s: NOW + timedelta(seconds=s))
conditions = st.builds(
    Conditions,
    deadline=deadlines,
    policy=policies,
    jitter=st.floats(0, 1, exclude_max=True),
)
uncertain_results = st.sampled_from(
    [
        Lost("read time-out"),
        NotSent("DNS"),
        answered(502),
    ]
)
all_results = uncertain_results | st.sampled_from(
    [
        answered(200, {"order": "1"}),
        answered(400, {"error": "No"}),
        answered(401),
        answered(429),
        answered(503, b"", "999999999999"),
    ]
)


def end_of(after: History, under: Conditions) -> datetime:
    """From when on the order may not be sent, by the clock alone."""
    ends = [after.first_seen + timedelta(seconds=under.policy.max_age_seconds)]
    if under.deadline is not None:
        ends.append(under.deadline)
    if after.unknown_since is not None:
        window = timedelta(seconds=under.policy.idempotency_window_seconds)
        ends.append(after.unknown_since + window)
    return min(ends)


@many_examples
@given(all_results, histories, conditions)
def test_waits_end_in_time(result: ApiResult, before: History, under: Conditions) -> None:
    """A tier is one of the policy's and shorter than the order's life; no wait is negative."""
    decision, after = judge(result, before, under)
    if isinstance(decision, RetryLater):
        assert decision.tier_seconds in under.policy.delays_seconds
        assert NOW + timedelta(seconds=decision.tier_seconds) < end_of(after, under)
    if isinstance(decision, RetryHere):
        assert 0 <= decision.seconds <= under.policy.delays_seconds[0]


@many_examples
@given(all_results, histories, conditions)
def test_nothing_is_tried_again_that_may_not_be_sent(
    result: ApiResult, before: History, under: Conditions
) -> None:
    """No retry at or past the deadline, the age, the attempts, or outside the window."""
    decision, after = judge(result, before, under)
    if isinstance(decision, RetryHere | RetryLater):
        assert end_of(after, under) > NOW
        assert after.attempts < under.policy.max_attempts


@many_examples
@given(all_results, histories, conditions)
def test_failed_means_that_certainly_no_order_exists(
    result: ApiResult, before: History, under: Conditions
) -> None:
    """`failed` never where the history is uncertain; parked and `unknown` only where it is."""
    match judge(result, before, under):
        case Finish(answer), after:
            assert answer.status is not Status.UNKNOWN
            assert not after.uncertain
        case Park(answer), after:
            assert answer.status is Status.UNKNOWN
            assert after.uncertain
        case Hold(), after:
            assert after.attempts == before.attempts
        case _:
            pass


@many_examples
@given(uncertain_results, histories, conditions)
def test_decide_and_give_up_agree(result: ApiResult, before: History, under: Conditions) -> None:
    """After an uncertain outcome the order ends exactly if it may not be sent any more."""
    decision, after = judge(result, before, under)
    ending = give_up(after, under.deadline, under.policy, NOW)
    if ending is None:
        assert isinstance(decision, RetryHere | RetryLater)
    else:
        assert decision == ending
