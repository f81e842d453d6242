"""Which way a publication goes, by what became of those before it."""

from contextlib import ExitStack

import pytest

from service.flow.ways import (
    MOST_DESTINATIONS,
    MOST_REFUSALS,
    QUIET_SECONDS,
    Destination,
    Way,
    Ways,
)

HERE, THERE = Destination("orders.replies", "here"), Destination("orders.replies", "there")
PATIENCE = 4.0


def ways(most_waiting: int = 8) -> Ways:
    """Nothing has failed yet."""
    return Ways(most_waiting, PATIENCE)


def failing(most_waiting: int = 8, *, silent: bool = False) -> Ways:
    """`HERE` has failed at 100 s."""
    made = ways(most_waiting)
    made.failed(HERE, 100.0)
    if silent:
        made.silent(HERE)
    return made


def test_all_go_together_at_first() -> None:
    """Also to where nothing went yet."""
    assert ways().way(HERE, 100.0) is Way.TOGETHER


@pytest.mark.parametrize(
    ("after", "silent", "failures", "refusals", "way"),
    [
        (0.0, False, 0, 0, Way.APART),
        (PATIENCE - 0.1, True, 1, 0, Way.APART),
        (PATIENCE - 0.1, False, 3, MOST_REFUSALS, Way.AWAY),
        (PATIENCE, False, 0, 0, Way.APART),
        (PATIENCE, False, 1, 1, Way.AWAY),
        (PATIENCE, True, 0, 0, Way.AWAY),
        (QUIET_SECONDS, True, 0, 0, Way.AWAY),
        (QUIET_SECONDS + 0.1, False, 0, 0, Way.TOGETHER),
        (QUIET_SECONDS * 9, True, 0, 0, Way.AWAY),
    ],
)
def test_where_one_failed(
    after: float,
    silent: bool,  # noqa: FBT001 - one of a row
    failures: int,
    refusals: int,
    way: Way,
) -> None:
    """Patient, then each is tried once, or not where one is unconfirmed; then forgotten."""
    made = failing(silent=silent)
    assert made.way(HERE, 100.0 + after, failures=failures, refusals=refusals) is way
    assert made.way(THERE, 100.0 + after) is Way.TOGETHER


def test_failing_on_does_not_make_it_more_patient() -> None:
    """The patience is the destination's, and begins with its first failure."""
    made = failing()
    made.failed(HERE, 103.0)
    assert made.way(HERE, 104.0, failures=1) is Way.AWAY


def test_what_is_confirmed_goes_together_again() -> None:
    """Whatever it was before."""
    made = failing()
    made.confirmed(HERE)
    assert made.way(HERE, 101.0) is Way.TOGETHER


def test_one_that_was_heard_of_lets_others_try_again() -> None:
    """A nack after a minute, say: the next one finds out."""
    made = failing(silent=True)
    made.heard(HERE)
    assert made.way(HERE, 110.0) is Way.APART


def test_with_the_connection_nothing_is_silent_any_more() -> None:
    """And an answer from before says nothing."""
    made = failing(silent=True)
    made.session_lost()
    made.heard(HERE)
    assert made.way(HERE, 110.0) is Way.APART
    made.silent(HERE)
    assert made.way(HERE, 110.0) is Way.AWAY


@pytest.mark.parametrize(("here", "there", "way"), [(4, 4, Way.APART), (5, 0, Way.AWAY)])
def test_what_waits_has_a_bound(here: int, there: int, way: Way) -> None:
    """For one destination half of it, itself included; what has failed keeps its place."""
    made = ways()
    for to in (HERE, THERE):
        made.failed(to, 100.0, refused=True)
    with ExitStack() as held:
        for to, count in ((HERE, here), (THERE, there)):
            for _ in range(count):
                held.enter_context(made.in_hand(to))
        assert made.way(HERE, 100.0) is way
        assert made.way(HERE, 100.0, failures=1) is Way.APART
    assert made.way(HERE, 100.0) is Way.APART


def test_what_may_have_been_late_for_another_one_has_no_bound_yet() -> None:
    """A good destination is soon confirmed, whatever many wait for that."""
    made = failing()
    with ExitStack() as held:
        for _ in range(20):
            held.enter_context(made.in_hand(HERE))
        assert made.way(HERE, 100.0 + PATIENCE / 2 - 0.1) is Way.APART
        assert made.way(HERE, 100.0 + PATIENCE / 2) is Way.AWAY


def test_all_that_wait_have_a_bound() -> None:
    """However many destinations fail; those that do not are not counted."""
    made = ways()
    with ExitStack() as held:
        for number in range(9):
            to = Destination("orders.replies", str(number))
            held.enter_context(made.in_hand(to))
            assert made.way(HERE, 100.0) is Way.TOGETHER
            made.failed(to, 100.0, refused=True)
        assert made.way(Destination("orders.replies", "0"), 100.0) is Way.AWAY


def test_who_is_new_is_tried_apart_while_something_is_wrong() -> None:
    """A channel was lost lately: one after the other would cost it again."""
    made = ways()
    made.confirmed(HERE)
    made.channel_lost(100.0)
    assert made.way(HERE, 101.0) is Way.TOGETHER
    assert made.way(THERE, 101.0) is Way.APART
    assert made.way(THERE, 101.0 + QUIET_SECONDS) is Way.TOGETHER


def test_what_was_on_a_lost_channel_is_tried_alone() -> None:
    """It may be what the broker closed it for."""
    assert ways().way(HERE, 100.0, failures=1, suspected=True) is Way.APART


def test_what_was_late_goes_together_where_another_one_was_confirmed() -> None:
    """All that was on a channel that stood still, one after the other, would take long."""
    made = failing()
    made.confirmed(HERE)
    assert made.way(HERE, 101.0, failures=1) is Way.TOGETHER


def test_where_one_closes_its_channel_each_is_tried_alone_once() -> None:
    """No patience helps."""
    made = ways()
    made.confirmed(HERE)
    made.closed(HERE, 100.0)
    assert made.way(HERE, 100.0) is Way.APART
    assert made.way(HERE, 100.0, failures=1) is Way.AWAY


def test_what_is_remembered_has_a_bound() -> None:
    """A sender can name any number of destinations; the oldest is forgotten first."""
    made = failing()
    for number in range(MOST_DESTINATIONS):
        made.failed(Destination("orders.replies", str(number)), 100.0)
    assert made.way(HERE, 100.0) is Way.TOGETHER
    assert made.way(Destination("orders.replies", "0"), 100.0) is Way.APART
