"""Who leaves the line unsent: the rules asked directly."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from service.flow.sending.leaving import PATIENCE_SECONDS, Situation, leave_by, leaving
from service.flow.sending.line import Turn, TurnedAway
from service.flow.sending.suspects import Suspects

TIMES = st.floats(0, 1_000)
SITUATIONS = st.builds(
    Situation,
    now=TIMES,
    ends=st.booleans(),
    arriving=st.booleans(),
    held_since=st.none() | TIMES,
    wait_seconds=st.sampled_from([0.0, 59.0, 61.0]),
    probing_seconds=st.sampled_from([0.0, 9.0, 10.0]),
    refused=st.booleans(),
    stands_by=st.booleans(),
)


@st.composite
def turns(draw: st.DrawFn) -> Turn:
    """One that waits."""
    turn = Turn(draw(TIMES), leave_by=draw(TIMES), failures=draw(st.integers(0, 2)))
    turn.sent, turn.may_return = draw(st.booleans()), draw(st.booleans())
    return turn


@given(st.lists(turns(), max_size=6), st.sets(st.integers(0, 5)), SITUATIONS)
def test_nobody_stays_whose_time_is_over(
    line: list[Turn], suspected: set[int], situation: Situation
) -> None:
    """The gate would ask again at once, for ever; and what has begun is never given back."""
    suspects = Suspects()
    for number in suspected & set(range(len(line))):
        suspects.add(line[number], number, 0.0, 1.0)
    gone = dict(leaving(line, suspects, situation))
    for turn in line:
        if turn not in gone:
            assert leave_by(turn, situation) > situation.now
            assert not situation.ends
        elif gone[turn] is TurnedAway.BACK:
            assert turn.may_return
            assert not turn.sent


def test_in_a_long_hold_the_first_fresh_one_stays_and_the_others_go_back_in_order() -> None:
    """Somebody is asked; and not before the consumer is cancelled."""
    line = [Turn(float(number), may_return=True) for number in range(5)]
    line[0].sent = True
    held = Situation(
        now=30.0,
        ends=False,
        arriving=False,
        held_since=10.0,
        wait_seconds=0.0,
        probing_seconds=20.0,
        refused=False,
    )
    assert leaving(line, Suspects(), held) == [(turn, TurnedAway.BACK) for turn in line[2:]]
    assert leaving(line, Suspects(), replace(held, arriving=True)) == []
    waits = replace(held, wait_seconds=61.0, probing_seconds=0.0)
    gone = [(line[0], TurnedAway.ELSEWHERE), *((turn, TurnedAway.BACK) for turn in line[1:])]
    assert leaving(line, Suspects(), waits) == gone
    others_send = replace(held, stands_by=True, probing_seconds=0.0, held_since=None)
    assert leaving(line, Suspects(), others_send) == gone
    assert leave_by(line[1], waits) == 10.0 + PATIENCE_SECONDS
