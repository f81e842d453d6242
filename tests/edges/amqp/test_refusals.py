"""When the publishing channel is thrown away for refusals: soon at first, then ever more rarely."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.edges.amqp.refusals import (
    FIRST_PATIENCE_SECONDS,
    LONGEST_PATIENCE_SECONDS,
    QUIET_SECONDS,
    Refusals,
)


def _thrown_away(*at: float) -> list[float]:
    refusals = Refusals()
    return [now for now in at if refusals.record(now)]


def test_a_single_refusal_costs_nothing() -> None:
    """A queue is full for a moment."""
    assert _thrown_away(100.0) == []


def test_the_patience_doubles_up_to_its_limit() -> None:
    """A queue that stays full is no reason to connect again and again."""
    hours = [float(second) for second in range(6 * 3600)]
    assert _thrown_away(*hours)[:8] == [5, 15, 35, 75, 155, 315, 635, 1235]
    assert _thrown_away(*hours)[-1] - _thrown_away(*hours)[-2] == LONGEST_PATIENCE_SECONDS


def test_after_a_quiet_time_the_patience_is_short_again() -> None:
    """Another leader has died, a day later."""
    first = [0.0, 5.0, 14.0]
    again = [14.0 + QUIET_SECONDS + 1 + second for second in (0.0, 4.0, 5.0)]
    assert _thrown_away(*first, *again) == [5.0, again[-1]]


def test_refusals_far_apart_cost_nothing() -> None:
    """One now and then is a queue that is full now and then."""
    assert _thrown_away(*[n * (QUIET_SECONDS + 1) for n in range(100)]) == []


@given(st.lists(st.floats(0, 1000), min_size=1))
def test_two_are_never_nearer_than_the_first_patience(gaps: list[float]) -> None:
    """Whenever refusals come: each time costs the other publications a moment."""
    now, times = 0.0, [0.0]
    for gap in gaps:
        now += gap
        times.append(now)
    thrown = _thrown_away(*times)
    assert all(b - a >= FIRST_PATIENCE_SECONDS for a, b in pairwise(thrown))
