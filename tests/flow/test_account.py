"""The rules of the account, asked directly: suspicion, circuit, and who is sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.outcome import Outcome, Unknown, Unreached
from service.flow.events.labels import HoldReason
from service.flow.sending import why
from service.flow.sending.account import FAILURES_TO_OPEN, UNPROVEN
from service.flow.sending.asking import LONGEST_PAUSE_SECONDS
from service.flow.sending.reasons import UNCONFIRMED_SECONDS
from service.flow.sending.states import Admission
from tests.flow.told import FAILED, REFUSED, SERVED, SUSPECTED, UNKNOWN, Told, throttled


def test_at_first_few_are_sent_and_more_with_each_silent_second() -> None:
    """A wrong key is found out with few calls, and an order that hangs stops nobody for long."""
    account = Told()
    assert account.most_in_flight(0.0) == UNPROVEN
    attempt = account.send(0.0)
    assert [account.most_in_flight(t) for t in (0.9, 1.0, 3.0)] == [2, 4, 16]
    account.report(attempt, "o-1", SUSPECTED, 3.0)
    assert account.most_in_flight(3.9) == 16
    for number in range(10):
        account.meet(f"o-{number}", SERVED, 4.0)
    assert account.most_in_flight(4.0) == UNPROVEN + 10


@pytest.mark.parametrize("outcome", [SERVED, REFUSED])
def test_a_suspicion_asks_another_at_once_and_falls_on_the_order_alone(outcome: Outcome) -> None:
    """An account that serves the next order, whatever it says to it, is not at fault."""
    account = Told()
    account.meet("bad", SUSPECTED)
    assert account.admission(0.0) is Admission.ONE
    assert not account.suspects.may_ask_again("bad", 0.0)
    assert account.reasons(0.0) == {}
    assert account.meet("good", outcome).probe
    assert account.admission(0.0) is Admission.ALL
    assert (account.suspects.alone("bad"), account.suspects.alone("good")) == (True, False)


def test_an_order_served_after_it_was_sent_clears_it_beforehand() -> None:
    """Nobody is held for what is one order's fault already."""
    account = Told()
    bad, good = account.send(0.0), account.send(0.0)
    account.report(good, "good", SERVED, 0.1)
    account.report(bad, "bad", SUSPECTED, 0.2)
    assert account.admission(0.2) is Admission.ALL
    assert account.suspects.alone("bad")


def test_an_order_served_that_was_sent_before_says_nothing() -> None:
    """The key may have gone bad between the two."""
    account = Told()
    good, bad = account.send(0.0), account.send(0.0)
    account.report(bad, "bad", SUSPECTED, 0.1)
    account.report(good, "good", SERVED, 0.2)
    assert account.admission(0.2) is Admission.ONE
    assert not account.suspects.alone("bad")


def test_three_that_get_the_same_make_it_the_accounts() -> None:
    """Two may be bad neighbours; one alone is said to be a hold after a second."""
    account = Told()
    for number, now in enumerate((0.0, 0.0, 1.0)):
        assert account.reasons(now).keys() <= {HoldReason.CREDENTIALS}
        account.meet(f"o-{number}", SUSPECTED, now)
    assert account.reasons(1.0) == {HoldReason.CREDENTIALS: why.suspected(SUSPECTED)}
    alone = Told()
    alone.meet("o-1", SUSPECTED)
    assert alone.reasons(UNCONFIRMED_SECONDS - 0.1) == {}
    assert HoldReason.CREDENTIALS in alone.reasons(UNCONFIRMED_SECONDS)


@pytest.mark.usefixtures("uncovered")
def test_probes_go_on_while_it_is_held_and_never_in_a_hot_loop() -> None:
    """In an hour some 770; the first after the key works lets all go on at once."""
    account, now, probes = Told(), 0.0, 0
    for number in range(3):
        account.meet(f"o-{number}", SUSPECTED)
    while now < 3_600:
        if account.admission(now) is Admission.PROBE:
            account.meet(f"o-{probes}", SUSPECTED, now)
            probes += 1
        now += max(0.01, min(1.0, account.next_change(now)))
    assert probes == pytest.approx(3_600 / LONGEST_PAUSE_SECONDS, rel=0.02)
    account.meet("last", SERVED, now + LONGEST_PAUSE_SECONDS)
    assert account.admission(now + LONGEST_PAUSE_SECONDS) is Admission.ALL


@pytest.mark.parametrize("outcome", [FAILED, UNKNOWN])
def test_failures_with_no_success_between_them_open_the_circuit(
    outcome: Unreached | Unknown,
) -> None:
    """Then one is sent at a time, at first soon and then seldom."""
    account = Told()
    for number in range(FAILURES_TO_OPEN):
        assert account.admission(0.0) is Admission.ALL
        account.meet(f"o-{number}", outcome)
    assert account.failing
    assert account.reasons(0.0) == {HoldReason.CIRCUIT: why.failing(outcome)}
    pauses, now = [], 0.0
    for number in range(9):
        assert account.admission(now) is Admission.NOBODY
        pauses.append(account.next_change(now))
        now += pauses[-1]
        account.meet(f"p-{number}", outcome, now)
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, *[LONGEST_PAUSE_SECONDS] * 3])


def test_an_api_that_serves_some_is_never_left() -> None:
    """One in ten is enough where it is regular."""
    account = Told()
    for number in range(1000):
        account.meet(f"o-{number}", FAILED if number % 10 else SERVED)
        assert account.admission(0.0) is Admission.ALL


def test_one_that_hangs_is_not_waited_for() -> None:
    """Else one slow order kept all others waiting."""
    account = Told()
    account.meet("bad", SUSPECTED)
    account.send(0.0)
    assert account.admission(0.9) is Admission.NOBODY
    assert account.admission(1.0) is Admission.ONE


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.sampled_from([SERVED, REFUSED, SUSPECTED, FAILED, UNKNOWN, throttled(2.0)]),
            st.floats(0, 5),
        ),
        max_size=80,
    )
)
def test_somebody_is_always_sent_before_long(history: list[tuple[int, Outcome, float]]) -> None:
    """Whatever was met: time alone lets at least a probe through."""
    account, now = Told(), 0.0
    for order, outcome, seconds in history:
        now += seconds
        if account.admission(now) is not Admission.NOBODY:
            account.meet(f"o-{order}", outcome, now)
    waited = 0.0
    while account.admission(now) is Admission.NOBODY:
        step = account.next_change(now)
        assert step > 0
        now, waited = now + step + 1e-9, waited + step
    assert waited <= LONGEST_PAUSE_SECONDS + 2.0
