"""The rules of the account, asked directly: suspicion, circuit, throttling, and who is sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.codes import Code
from service.core.outcome import (
    Accepted,
    Outcome,
    Refused,
    Suspected,
    Throttled,
    Unknown,
    Unreached,
)
from service.flow.events.labels import HoldReason
from service.flow.sending import why
from service.flow.sending.account import (
    FULL_TRUST,
    LONGEST_OWN_WAIT_SECONDS,
    LONGEST_PAUSE_SECONDS,
    UNCONFIRMED_SECONDS,
    UNPROVEN,
    Account,
    Admission,
    Attempt,
)

SERVED = Accepted("ord_1")
REFUSED = Refused(Code.REFUSED, "no", 400)
SUSPECTED = Suspected(401, "the API answered 401")
FAILED = Unreached("connection refused")
UNKNOWN = Unknown("read time-out")


def throttled(seconds: float | None = None) -> Throttled:
    """An answer that asks to wait."""
    return Throttled(429, seconds)


class Told(Account):
    """An account that is told of one attempt at a time; orders have names."""

    def __init__(self, jitter: float = 0.5) -> None:
        super().__init__(lambda: jitter)

    def meet(self, order: str, outcome: Outcome, now: float = 0.0) -> Attempt:
        """Send the order and report what it met."""
        attempt = self.send(now)
        self.report(attempt, order, outcome, now)
        return attempt


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
    assert account.admission(0.0) is Admission.PROBE
    assert not account.may_ask_again("bad", 0.0)
    assert account.reasons(0.0) == {}
    assert account.meet("good", outcome).probe
    assert account.admission(0.0) is Admission.ALL
    assert (account.alone("bad"), account.alone("good")) == (True, False)


def test_an_order_served_after_it_was_sent_clears_it_beforehand() -> None:
    """Nobody is held for what is one order's fault already."""
    account = Told()
    bad, good = account.send(0.0), account.send(0.0)
    account.report(good, "good", SERVED, 0.1)
    account.report(bad, "bad", SUSPECTED, 0.2)
    assert account.admission(0.2) is Admission.ALL
    assert account.alone("bad")


def test_an_order_served_that_was_sent_before_says_nothing() -> None:
    """The key may have gone bad between the two."""
    account = Told()
    good, bad = account.send(0.0), account.send(0.0)
    account.report(bad, "bad", SUSPECTED, 0.1)
    account.report(good, "good", SERVED, 0.2)
    assert account.admission(0.2) is Admission.PROBE
    assert not account.alone("bad")


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


def test_probes_go_on_while_it_is_held_and_never_in_a_hot_loop() -> None:
    """In an hour some thousand; the first after the key works lets all go on at once."""
    account, now, probes = Told(), 0.0, 0
    for number in range(20):
        now += account.next_change(now) if account.admission(now) is Admission.NOBODY else 0
        if account.admission(now) is Admission.PROBE:
            account.meet(f"o-{number}", SUSPECTED, now)
            probes += 1
        else:
            account.meet(f"o-{number}", SUSPECTED, now)
    assert now / probes > LONGEST_PAUSE_SECONDS / 3
    now += LONGEST_PAUSE_SECONDS
    account.meet("last", SERVED, now)
    assert account.admission(now) is Admission.ALL


@pytest.mark.parametrize("outcome", [FAILED, UNKNOWN])
def test_failures_with_no_success_open_the_circuit(outcome: Unreached | Unknown) -> None:
    """As many as there is trust; then one is sent at a time."""
    account = Told()
    for number in range(FULL_TRUST):
        assert account.admission(0.0) is Admission.ALL
        account.meet(f"o-{number}", outcome)
    assert account.admission(0.0) is Admission.NOBODY
    assert account.failing
    assert account.reasons(0.0) == {HoldReason.CIRCUIT: why.failing(outcome)}
    assert 0 < account.next_change(0.0) <= LONGEST_PAUSE_SECONDS


def test_an_api_that_serves_some_is_never_left() -> None:
    """One in ten is enough."""
    account = Told()
    for number in range(1000):
        account.meet(f"o-{number}", FAILED if number % 10 else SERVED)
        assert account.admission(0.0) is Admission.ALL


def test_a_probe_that_is_served_closes_the_circuit_for_all() -> None:
    """At once, and with nearly full trust: orders that failed and fresh ones go in turn."""
    account = Told()
    for number in range(FULL_TRUST):
        account.meet(f"o-{number}", FAILED)
    account.meet("probe", SERVED, 10.0)
    assert account.admission(10.0) is Admission.ALL
    assert account.troubled


def test_a_probe_that_hangs_is_not_waited_for() -> None:
    """Else one slow order kept all others waiting."""
    account = Told()
    account.meet("bad", SUSPECTED)
    account.send(0.0)
    assert account.admission(LONGEST_PAUSE_SECONDS - 0.1) is Admission.NOBODY
    assert account.admission(LONGEST_PAUSE_SECONDS) is Admission.PROBE


def test_replicas_do_not_probe_in_step() -> None:
    """Their pauses are jittered."""
    pauses = []
    for jitter in (0.0, 0.5, 0.99):
        account = Told(jitter)
        for number in range(FULL_TRUST):
            account.meet(f"o-{number}", FAILED)
        pauses.append(account.next_change(0.0))
    assert pauses == sorted(set(pauses))


def test_a_wait_that_is_told_is_kept() -> None:
    """A shorter one that comes later does not cut it off; nothing is sent meanwhile."""
    account = Told()
    account.meet("o-1", throttled(60.0))
    account.meet("o-2", throttled(1.0), 1.0)
    assert account.throttled_seconds(2.0) == 58.0
    assert account.admission(59.9) is Admission.NOBODY
    assert account.admission(60.0) is Admission.ALL
    assert account.held_since(2.0) == 0.0


def test_a_wait_that_is_not_told_grows_with_the_accounts_own_history() -> None:
    """Whatever the order met before; and it begins anew after a success."""
    account, now, waits = Told(jitter=1.0), 0.0, []
    for _ in range(8):
        account.meet("o-1", throttled(), now)
        waits.append(account.throttled_seconds(now))
        now += waits[-1]
    assert waits == [1, 2, 4, 8, 16, 30, 30, LONGEST_OWN_WAIT_SECONDS]
    account.meet("o-2", SERVED, now)
    account.meet("o-3", throttled(), now)
    assert account.throttled_seconds(now) == 1.0


def test_a_wait_says_how_long_it_is_and_whom_the_api_asked() -> None:
    """The length in all: what is left would be another sentence at each look."""
    account = Told()
    account.meet("o-1", throttled(12.0), 1.0)
    said = [account.reasons(now).get(HoldReason.THROTTLED) for now in (1.0, 12.9, 13.0)]
    assert said == [*[why.throttled(12.0, asked_here=True)] * 2, None]
    account.wait_until(40.0, 20.0)
    assert account.reasons(30.0) == {HoldReason.THROTTLED: why.throttled(20.0, asked_here=False)}
    account.meet("o-2", throttled(25.0), 30.0)
    assert account.reasons(30.0) == {HoldReason.THROTTLED: why.throttled(35.0, asked_here=True)}


def test_many_that_are_throttled_at_once_ask_for_one_wait() -> None:
    """They were sent before the wait began, and say nothing new."""
    account = Told(jitter=1.0)
    attempts = [account.send(0.0) for _ in range(20)]
    for attempt in attempts:
        account.report(attempt, attempt.number, throttled(), 0.0)
    assert account.throttled_seconds(0.0) == 1.0


def test_told_to_wait_no_time_it_still_waits_a_little() -> None:
    """An API that says "after 0 seconds" again and again is not called in a hot loop."""
    account = Told()
    account.meet("o-1", throttled(0.0))
    assert 0 < account.throttled_seconds(0.0) <= 1


def test_a_throttled_probe_ends_no_hold() -> None:
    """The API has not looked at the key."""
    account = Told()
    for number in range(3):
        account.meet(f"o-{number}", SUSPECTED)
    account.meet("probe", throttled(1.0), 5.0)
    assert HoldReason.CREDENTIALS in account.reasons(6.0)


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
