"""The line before the API: who is asked for the others."""

from service.flow.sending.line import Line, Turn
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
