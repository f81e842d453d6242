"""The tables of the states: each leads back, and stays of its kind."""

from hypothesis import given
from hypothesis import strategies as st

from service.flow.sending.states import (
    ADMITS,
    TRANSITIONS,
    Admission,
    Circuit,
    Key,
    Limit,
    Signal,
    after,
)


def test_the_tables_name_every_state_and_success_leads_back_from_everywhere() -> None:
    """No state may be one that nobody leaves: orders would wait there for ever."""
    states = {*Key, *Circuit, *Limit}
    assert states == TRANSITIONS.keys() == ADMITS.keys()
    for state in states:
        best = state
        for signal in (Signal.WAITED, Signal.SERVED, Signal.CLEARED):
            best = after(best, signal)
        assert ADMITS[best] is Admission.ALL


@given(st.sampled_from([*Key, *Circuit, *Limit]), st.sampled_from(Signal))
def test_each_stays_of_its_kind(state: Key | Circuit | Limit, signal: Signal) -> None:
    """A key does not become a circuit."""
    assert type(after(state, signal)) is type(state)
