"""The pace: even slots, and how a limit that nobody told is found and kept to."""

from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.flow.sending.pace import (
    BELOW_THE_LIMIT,
    LATE_SECONDS,
    RAMP_SECONDS,
    ROUGH_LESSONS,
    Pace,
)
from tests.flow.limited import Play
from tests.world.standin.limiter import Bucket, Limited, Window

pytestmark = pytest.mark.usefixtures("uncovered")


@given(
    st.floats(min_value=0.1, max_value=1000),
    st.lists(st.floats(min_value=0, max_value=5), min_size=1, max_size=50),
)
def test_slots_are_no_closer_than_the_rate_allows(rate: float, gaps: list[float]) -> None:
    """Whenever they are asked for; but for the little by which the loop was late."""
    pace, now, slots = Pace(rate), 0.0, []
    for gap in gaps:
        now += max(gap, pace.wait_seconds(now))
        pace.take(now)
        slots.append(now)
    spacing = 1 / (rate * BELOW_THE_LIMIT)
    assert all(
        later - earlier >= spacing - LATE_SECONDS - 1e-6 for earlier, later in pairwise(slots)
    )


def test_idling_saves_no_slots_up() -> None:
    """After a quiet hour orders are as far apart as ever."""
    pace = Pace(1.0)
    pace.take(0.0)
    pace.take(3600.0)
    assert pace.wait_seconds(3600.0) > 0.9


@pytest.mark.parametrize(
    ("rate", "seconds", "put_off"),
    [(6.0, 0.03, 0.03), (6.0, 0.003, 0.0), (6.0, 1.0, 0.1), (80.0, 0.009, 0.0), (80.0, 0.03, 0.03)],
    ids=["late", "within-the-margin", "no-more-than", "within-the-burst", "beyond-it"],
)
def test_one_that_was_held_up_puts_the_next_one_off(
    rate: float, seconds: float, put_off: float
) -> None:
    """An exact limit counts when it arrives: the next would come too soon after it."""
    pace, now = Pace(rate), 0.0
    for _ in range(2):
        now += pace.wait_seconds(now)
        pace.take(now)
    pace.held_up(now, seconds, now)
    assert pace.wait_seconds(now) == pytest.approx(1 / (rate * BELOW_THE_LIMIT) + put_off)


def test_that_a_call_was_held_up_counts_once() -> None:
    """Those that were sent meanwhile are past, and came where they came."""
    pace, spacing = Pace(6.0), 1 / (6.0 * BELOW_THE_LIMIT)
    for number in range(4):
        pace.take(number * spacing)
    pace.held_up(0.0, 0.05, 3 * spacing)
    pace.held_up(spacing, 0.02, 3 * spacing)
    assert pace.wait_seconds(3 * spacing) == pytest.approx(spacing + 0.05)


@given(st.sampled_from([80.0, 6.0]), st.floats(min_value=0, max_value=5))
def test_an_api_whose_answers_vary_costs_a_hundredth(rate: float, seconds: float) -> None:
    """What makes them late may come after they were counted."""
    pace, now = Pace(rate), 0.0
    for _ in range(200):
        now += pace.wait_seconds(now)
        pace.take(now)
        pace.held_up(now, seconds, now)
    spent = 200 / (rate * BELOW_THE_LIMIT)
    assert now <= spent * 1.011 + 0.1


@pytest.mark.parametrize(("part", "least"), [(0.0, 5.7), (0.9, 5.6)], ids=["six", "five"])
def test_few_calls_make_no_rough_guess_of_a_low_rate_that_is_set(part: float, least: float) -> None:
    """Five in a second of a limit of six: the next second may have had six."""
    pace, now = Pace(6.0), 0.0
    while now < 20:
        now += pace.wait_seconds(now)
        pace.take(now)
        pace.served(now)
    # With the last one the last second has six, just before the next one five.
    now += part * pace.wait_seconds(now)
    pace.throttled(now, 1.0)
    assert pace.learned_per_second >= least


def test_a_changed_share_counts_at_once() -> None:
    """A second replica halves it, also for the slot that is waited for."""
    pace = Pace(10.0)
    pace.take(0.0)
    pace.limit_per_second = 1.0
    assert pace.wait_seconds(0.5) > 0.4


def test_without_a_rate_nothing_is_waited_for() -> None:
    """As long as the API does not throttle."""
    pace = Pace(None)
    for _ in range(1000):
        assert pace.wait_seconds(0.0) == 0
        pace.take(0.0)


RATES = pytest.mark.parametrize("rate", [80.0, 6.0])
LIMITS = pytest.mark.parametrize("limit", [Bucket, Window])


@RATES
@LIMITS
@pytest.mark.parametrize("stalls", [0.0, 0.2], ids=["steady", "stalls"])
def test_a_rate_that_is_set_is_used_up(rate: float, limit: type[Limited], stalls: float) -> None:
    """97 % of it are sent and nothing is throttled, also where the loop stands still at times."""
    play = Play(limit(lambda _: rate), Pace(rate), stall_seconds=stalls).run(120)
    assert play.served(rate, 10, 120) >= 0.97
    assert play.throttled(0, 120) <= 0.005


@RATES
@LIMITS
@pytest.mark.parametrize("told", [1.0, 5.0, None], ids=["after-1", "after-5", "untold"])
@pytest.mark.parametrize("too_high", [None, 2.0, 1.05], ids=["not-set", "twice", "5-percent"])
def test_a_limit_that_is_not_known_is_found(
    rate: float, limit: type[Limited], told: float | None, too_high: float | None
) -> None:
    """Nothing is set, or a rate that is too high; within a minute it is found, and kept to."""
    pace = Pace(None if too_high is None else rate * too_high)
    play = Play(limit(lambda _: rate), pace, told).run(300)
    assert play.served(rate, 60, 300) >= (0.85 if told == 5.0 else 0.92)
    assert play.throttled(60, 300) <= 0.01


@LIMITS
@pytest.mark.parametrize("other", [40.0, 160.0], ids=["halved", "doubled"])
def test_a_limit_that_changes_is_found_again(limit: type[Limited], other: float) -> None:
    """Within two minutes."""
    play = Play(limit(lambda now: 80.0 if now < 120 else other), Pace(None), 1.0).run(360)
    assert play.served(other, 240, 360) >= 0.92
    assert play.throttled(120, 360) <= 0.01


@pytest.mark.parametrize("times", [1, 3])
def test_a_throttling_that_comes_alone_changes_little(times: int) -> None:
    """One order that is refused so again and again is no limit: the pace goes on as before."""
    pace, now = Pace(None), 0.0
    for _ in range(30):
        now += 0.1
        pace.take(now)
        pace.served(now)
    for _ in range(times):
        pace.throttled(now, 1.0)
        now += 1.1
    assert pace.rate_per_second(now + 5) >= 9


def test_a_later_lesson_of_another_process_is_taken_over_and_an_earlier_one_is_not() -> None:
    """Whether its ceiling is lower or higher; one that idles says its old one for ever."""
    pace = Pace(None)
    for ceiling, lessons, expected in ((10.0, 0, 10), (40.0, 2, 40), (90.0, 1, 40), (30.0, 3, 30)):
        pace.hear(ceiling, lessons, now=0.0, hold_seconds=1.0)
        assert (pace.learned_per_second, pace.lessons) == (expected, max(pace.lessons, lessons))


def test_of_those_that_know_the_same_the_highest_counts() -> None:
    """One has found room for more; the other sends too little to grow by itself."""
    pace = Pace(None)
    for ceiling, expected in ((40.0, 40), (41.0, 41), (40.5, 41)):
        pace.hear(ceiling, 1, now=0.0, hold_seconds=0.0)
        assert pace.learned_per_second == expected


def test_processes_resume_out_of_step() -> None:
    """Each by chance within the time of one slot: else eight would call at the same moment."""
    begins = []
    for drawn in (0.0, 0.5):
        pace = Pace(10.0, lambda: 0.25, partial(float, drawn))
        pace.resume(5.0, now=0.0)
        begins.append(pace.wait_seconds(5.0))
    spacing = 1 / (10 * BELOW_THE_LIMIT * 0.25 / 2)
    assert begins == pytest.approx([0, min(spacing, RAMP_SECONDS) / 2])


def test_one_that_is_refused_for_its_address_slows_all_down_a_little_only() -> None:
    """The others are served all the while; three times half is all that it takes from them."""
    pace = Pace(None)
    pace.hear(96.0, 3, now=0.0, hold_seconds=0.0)
    for now in range(1, 100):
        pace.others_served_at = now - 0.1
        pace.throttled(float(now), 0.5)
    assert pace.learned_per_second == pytest.approx(12)
    pace.served(100.0)
    assert pace.lessons == 6


def test_few_orders_make_no_rate() -> None:
    """One that is throttled every five seconds beside a few that are served is its own fault."""
    pace, now = Pace(80.0), 0.0
    for number in range(1, 600):
        now += 0.1
        pace.take(now)
        pace.served(now)
        if number % 50 == 0:
            pace.throttled(now, 0.5)
            now += 0.5
    assert pace.share_per_second == 80


@pytest.mark.parametrize(("lessons", "grows"), [(ROUGH_LESSONS, True), (ROUGH_LESSONS + 1, False)])
def test_the_first_lessons_are_rough_whoever_hears_of_them(
    lessons: int,
    grows: bool,  # noqa: FBT001 - a parameter
) -> None:
    """The one that sends grows, though it was another that met them right after a wait."""
    pace = Pace(None)
    pace.hear(10.0, lessons, now=0.0, hold_seconds=0.0)
    for tenth in range(10, 200):
        pace.take(tenth / 10)
    assert (pace.learned_per_second > 10) is grows
