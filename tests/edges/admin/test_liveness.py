"""Liveness: when a restart would help, and when it would not."""

import pytest

from service.edges.admin.health import LONGEST_IDLING_SECONDS, LONGEST_SILENCE_SECONDS
from service.flow.events.process import LoopLagged
from tests.edges.admin.happened import CONNECTED, CONSUMING, PAUSED, SITUATIONS, UP, told

EXCUSED = [
    *("just started", "half connected", "consuming", "broker away", "results cannot leave"),
    *("held", "one of two holds", "draining before it consumes", "others send"),
]
IDLE = ["about to consume", "broker back", "hold lifted", "paused"]


@pytest.mark.parametrize("situation", EXCUSED)
def test_no_restart_where_it_would_not_help(situation: str) -> None:
    """However long it lasts, a process that is kept from consuming lives."""
    hand, health = told(*SITUATIONS[situation])
    hand.seconds += 1_000_000
    health.beat()
    assert health.liveness(hand()) == (True, {"status": "ok", "reasons": []})


@pytest.mark.parametrize("situation", IDLE)
def test_a_restart_where_nothing_keeps_it_from_consuming(situation: str) -> None:
    """A process that could consume and has not for longer than the bound is dead."""
    hand, health = told(*SITUATIONS[situation])
    hand.seconds += LONGEST_IDLING_SECONDS
    health.beat()
    assert health.liveness(hand())[0]
    hand.seconds += 1
    health.beat()
    reason = "nothing keeps it from consuming, and it has not for 61 s"
    assert health.liveness(hand()) == (False, {"status": "fail", "reasons": [reason]})


def test_idling_is_counted_from_when_it_began() -> None:
    """Events that change nothing about it do not begin the count anew."""
    hand, health = told(*CONNECTED)
    hand.seconds += 40
    health.record(PAUSED)
    hand.seconds += 21
    health.beat()
    assert not health.liveness(hand())[0]


def test_idling_ends_with_consuming() -> None:
    """Time before a spell of consuming does not count towards the next."""
    hand, health = told(*CONNECTED)
    hand.seconds += 40
    health.record(CONSUMING)
    health.record(PAUSED)
    hand.seconds += 40
    health.beat()
    assert health.liveness(hand())[0]


def test_a_silent_event_loop_is_dead() -> None:
    """Without a beat for longer than the bound nothing else counts, not even consuming."""
    hand, health = told(*UP)
    hand.seconds += LONGEST_SILENCE_SECONDS
    assert health.liveness(hand())[0]
    hand.seconds += 1
    reason = "the event loop has stood still for 16 s"
    assert health.liveness(hand()) == (False, {"status": "fail", "reasons": [reason]})


def test_a_loop_that_never_ran_is_dead() -> None:
    """The count begins with the process, before the first beat."""
    hand, health = told()
    hand.seconds += LONGEST_SILENCE_SECONDS + 1
    assert not health.liveness(hand())[0]


def test_both_reasons_are_told() -> None:
    """A loop that stands still while it should consume gives two reasons."""
    hand, health = told(*CONNECTED)
    hand.seconds += 100
    _, report = health.liveness(hand())
    assert report["reasons"] == [
        "the event loop has stood still for 100 s",
        "nothing keeps it from consuming, and it has not for 100 s",
    ]


def test_the_measured_lag_is_a_beat() -> None:
    """Only a running loop measures how late it is."""
    hand, health = told(*UP)
    hand.seconds += 100
    health.record(LoopLagged(0.0))
    assert health.liveness(hand())[0]
