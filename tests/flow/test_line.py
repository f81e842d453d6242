"""The line before the API: who is asked for the others."""

from math import inf

import pytest

from service.flow.sending.line import OTHERS_FIRST_SECONDS, Line, Turn
from service.flow.sending.suspects import Suspects


def test_the_one_that_was_throttled_is_not_the_first_that_is_tried() -> None:
    """Else all wait by what one order meets, again and again."""
    throttled = Turn(arrived_at=0.0, throttled=1, not_before=5.0)
    line = Line(Suspects())
    line.add(throttled)
    assert line.next(4.0, asking=True) is None
    assert line.ready_in(4.0) == 1.0
    fresh = Turn(arrived_at=1.0)
    line.add(fresh)
    assert line.next(4.0, asking=True) is fresh
    line.end(fresh, fresh.result)
    assert line.next(5.0, asking=True) is throttled


@pytest.mark.parametrize(("told", "not_before"), [(True, -inf), (False, 5 + OTHERS_FIRST_SECONDS)])
def test_who_may_be_the_only_one_that_is_throttled_goes_after_others(
    told: bool,  # noqa: FBT001 - a parameter
    not_before: float,
) -> None:
    """Those of other replicas, too: where nobody was told how long, it may be this order's own."""
    turn = Turn(arrived_at=0.0)
    turn.throttle(told=told, until=5.0)
    assert turn.not_before == not_before
    turn.throttle(told=told, until=9.0)
    assert turn.not_before == 9.0 + OTHERS_FIRST_SECONDS


def test_those_that_failed_tell_of_themselves_again() -> None:
    """Nothing of the account: another replica asks, where it has fresh ones."""
    line = Line(Suspects())
    assert not line.has_fresh
    line.add(Turn(arrived_at=0.0, failures=1))
    line.add(Turn(arrived_at=1.0, yields=True))
    assert not line.has_fresh
    line.add(Turn(arrived_at=2.0))
    assert line.has_fresh
