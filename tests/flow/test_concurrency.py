"""The limit of what is in flight, beside an API of so many workers in simulated time."""

from math import inf
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.flow.sending.concurrency import FIRST, Concurrency
from service.flow.sending.spread import LATE_SECONDS, SPREAD
from tests.flow.workers import Service, Workers

pytestmark = pytest.mark.usefixtures("uncovered")

FAST, SLOW = 0.05, 2.0


def slow_for_a_minute(now: float, _: Random) -> float:
    """50 ms, then 2 s, then 50 ms."""
    return SLOW if 60 <= now < 120 else FAST


def noisy(sigma: float, tail: float) -> Service:
    """50 ms by chance, and ten times as long now and then."""

    def service(_: float, chance: Random) -> float:
        return FAST * chance.lognormvariate(0, sigma) * (10 if chance.random() < tail else 1)

    return service


def slow_and_noisy(now: float, chance: Random) -> float:
    """The same, and a millisecond or two more."""
    return slow_for_a_minute(now, chance) + abs(chance.gauss(0, 0.001))


@pytest.mark.parametrize(("processes", "seeds", "may_miss"), [(1, 4, 0), (3, 16, 4)])
def test_an_api_of_eight_workers_is_used_in_full_and_not_flooded(
    processes: int, seeds: int, may_miss: int
) -> None:
    """Ten seconds after each change; of three processes nearly always, for each sees only its own.

    The half waits for nobody, and hardly anybody for long.
    """
    missed = []
    for seed in range(seeds):
        service = slow_and_noisy if seed % 2 else slow_for_a_minute
        played = Workers(service, 8, processes, seed=seed).run(180)
        for since, until, own in [(10, 60, FAST), (70, 120, SLOW), (130, 180, FAST)]:
            part = played.served(since, until) * own / 8
            half, most = (played.latency(each, since, until) / own for each in (0.5, 0.99))
            if not (part >= 0.95 and half <= 1.1 and most <= 1.5):
                missed.append((seed, since, part, half, most))
        shares = [sum(each[2] == one for each in played.ended) for one in range(processes)]
        assert min(shares) >= 0.1 * len(played.ended)
    assert len(missed) <= may_miss, missed
    assert all(part >= 0.93 and most <= 2.0 for _, _, part, _, most in missed)


@pytest.mark.parametrize("processes", [1, 3])
def test_noise_is_not_taken_for_a_queue(processes: int) -> None:
    """Nor does the limit fall to nothing by and by."""
    noise = noisy(0.3, 0.01)
    for seed in range(4):
        played = Workers(noise, 8, processes, seed=seed).run(120)
        could = Workers(noise, 8, processes, follows=False, seed=seed).run(120)
        assert played.served(10, 120) >= 0.9 * could.served(10, 120)


@pytest.mark.parametrize(("sigma", "tail"), [(0.0, 0.0), (0.5, 0.02)])
def test_where_nothing_queues_the_limit_grows_to_the_most(sigma: float, tail: float) -> None:
    """However much the latencies vary."""
    played = Workers(noisy(sigma, tail)).run(60)
    could = Workers(noisy(sigma, tail), follows=False).run(60)
    assert played.served(10, 60) >= 0.9 * could.served(10, 60)


def test_an_api_that_becomes_slow_by_itself_gets_more_at_a_time() -> None:
    """At a rate of 80/s and 2 s all 64 are needed: within ten seconds they are there."""
    played = Workers(slow_for_a_minute, rate=80).run(120)
    assert played.served(10, 60) >= 0.97 * 80
    assert played.served(70, 120) >= 0.95 * 64 / SLOW


def test_few_orders_say_nothing() -> None:
    """What was never used may be far too much when the API becomes slow."""
    played = Workers(slow_for_a_minute, rate=6).run(60)
    assert played.limits[0].limit == FIRST


def test_it_falls_where_all_fails_and_comes_back_with_the_first_success() -> None:
    """To what it was."""
    played = Workers(slow_for_a_minute, fails=lambda now, _: 20 < now < 40).run(20)
    assert played.limits[0].limit == 64
    assert played.run(40).limits[0].limit == 1
    assert played.run(40.5).limits[0].limit == 64


def test_an_api_that_fails_some_keeps_the_limit() -> None:
    """It is congested or broken, but not by ours."""
    played = Workers(slow_for_a_minute, fails=lambda _, chance: chance.random() < 0.7).run(50)
    assert played.served(10, 50) >= 0.9 * 0.3 * 64 / FAST


def test_what_could_be_sent_at_once_spreads_over_the_usual_latency() -> None:
    """An answer that is sooner than usual lets the next one through sooner."""
    limit = Concurrency(64)
    assert limit.gap_seconds(0.0) == -inf
    limit.began(0, 0.0)
    limit.ended(2.0, 1, 2.0, failed=False)
    limit.left(0)
    limit.began(1, 2.0)
    assert limit.gap_seconds(2.0) == limit.next_change(2.0) == pytest.approx(SPREAD - LATE_SECONDS)
    limit.ended(0.02, 1, 2.02, failed=False)
    assert 0 < limit.gap_seconds(2.0) < 0.02
    assert limit.gap_seconds(2.02) < 0


def test_a_few_that_hang_stop_no_others() -> None:
    """They are not counted, however low the limit is; and no order hangs that is as slow as all."""
    limit = Concurrency(64)
    for number in range(FIRST):
        limit.began(number, 0.0)
    assert [limit.at(t) for t in (0.9, 1.0, 60.0)] == [FIRST, 2 * FIRST, 2 * FIRST]
    assert limit.next_change(0.25) == 0.75
    limit.left(0)
    assert limit.at(60.0) == FIRST
    for number in range(10, 20):
        limit.began(number, 60.0)
        limit.ended(2.0, 1, 62.0, failed=False)
    assert limit.at(65.9) == limit.limit + 1
    assert limit.at(66.0) == limit.limit + 11


def test_one_that_was_slow_delays_no_notice_of_others_that_hang() -> None:
    """The longest of the last ones may be an odd one."""
    limit = Concurrency(64)
    for seconds in (0.05, 20.0, 0.05, 0.05):
        limit.ended(seconds, 1, 20.0, failed=False)
    for number in range(FIRST):
        limit.began(number, 20.0)
    assert limit.at(21.0) == 2 * FIRST


@given(
    st.integers(1, 64),
    st.lists(st.tuples(st.floats(0, 20), st.integers(1, 64), st.floats(0, 5), st.booleans())),
)
def test_it_stays_within_its_bounds(
    most: int, history: list[tuple[float, int, float, bool]]
) -> None:
    """Whatever is met."""
    limit, now = Concurrency(most), 0.0
    for number, (seconds, in_flight, passed, failed) in enumerate(history):
        now += passed
        limit.began(number, now)
        limit.ended(seconds, in_flight, now, failed=failed)
        assert 1 <= limit.limit <= limit.at(now) <= most
