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
    FAILURES_TO_OPEN,
    OTHERS_TELL_SECONDS,
    UNPROVEN,
    Account,
    Attempt,
)
from service.flow.sending.asking import DOUBT_SECONDS, LONGEST_PAUSE_SECONDS
from service.flow.sending.reasons import UNCONFIRMED_SECONDS
from service.flow.sending.sharing import Common
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
from service.flow.sending.suspects import HEARD_LATE_SECONDS
from service.flow.sending.waits import LONGEST_OWN_WAIT_SECONDS

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


def failing(count: int, others: Common) -> Told:
    """An account that met so many failures beside these others."""
    account = Told()
    account.hear(others, 0.0)
    for number in range(count):
        account.meet(f"o-{number}", FAILED)
    return account


@pytest.mark.parametrize(("busy", "share"), [(1, 10), (2, 7), (3, 5), (9, 3), (40, 3)])
def test_the_failures_of_all_replicas_count_together(busy: int, share: int) -> None:
    """Each that meets its part is in doubt; where all are, the circuit is open."""
    doubting = failing(share - 1, Common(busy=busy, troubled=False))
    assert doubting.admission(0.0) is Admission.ALL
    doubting.meet("o", FAILED)
    assert (doubting.troubled, doubting.failing) == (True, False)
    doubting.hear(Common(busy=busy), 0.1)
    assert doubting.failing
    assert doubting.one_asks_for_all
    assert failing(share, Common(busy=busy)).failing


def test_one_that_is_in_doubt_sends_on_one_at_a_time() -> None:
    """The others are served, and say so: it may be these orders only."""
    account = failing(9, Common(busy=2, troubled=False))
    assert account.admission(1.0) is Admission.ONE
    account.meet("next", FAILED, 1.0)
    assert account.admission(1.0 + DOUBT_SECONDS / 2) is Admission.NOBODY
    assert account.admission(1.0 + DOUBT_SECONDS) is Admission.ONE
    account.hear(Common(served_at=1.05, busy=2, troubled=False), 1.06)
    assert account.admission(1.06) is Admission.ALL
    assert not account.troubled


def test_it_opens_although_others_are_served_where_its_own_fail_and_fail() -> None:
    """And their next success closes it: one of these orders may be served, too."""
    account = failing(FAILURES_TO_OPEN, Common(busy=2, troubled=False))
    assert account.failing
    assert not account.one_asks_for_all
    account.hear(Common(served_at=-1.0, busy=2, troubled=False), 0.1)
    assert account.failing
    account.hear(Common(served_at=0.1, busy=2, troubled=False), 0.2)
    assert not account.failing


def test_a_probe_that_is_served_closes_the_circuit_for_all() -> None:
    """At once, here and where it is heard of."""
    account, other = failing(20, Common()), failing(20, Common())
    account.meet("probe", SERVED, 10.0)
    assert account.admission(10.0) is Admission.ALL
    assert account.served_ago(10.5) == 0.5
    other.hear(Common(served_at=10.0, busy=1, troubled=False), 10.05)
    assert other.admission(10.05) is Admission.ALL


def test_one_that_was_served_before_it_failed_says_nothing() -> None:
    """The others have not noticed yet that the API is away."""
    account = Told()
    for number in range(20):
        account.meet(f"o-{number}", FAILED, 5.0)
    account.hear(Common(served_at=4.9, busy=1, troubled=False), 5.1)
    assert account.failing


def test_one_that_hangs_is_not_waited_for() -> None:
    """Else one slow order kept all others waiting."""
    account = Told()
    account.meet("bad", SUSPECTED)
    account.send(0.0)
    assert account.admission(0.9) is Admission.NOBODY
    assert account.admission(1.0) is Admission.ONE


def test_what_all_meet_is_the_accounts_fault() -> None:
    """One suspect is enough where the others are served nothing either."""
    account = Told()
    account.hear(Common(served_at=-1.0, busy=2, troubled=False), 0.0)
    account.meet("bad", SUSPECTED)
    assert account.admission(0.0) is Admission.ONE
    account.hear(Common(busy=2), 0.1)
    assert HoldReason.CREDENTIALS in account.reasons(0.1)
    assert account.one_asks_for_all


def test_where_nobody_was_served_yet_the_others_first_orders_are_asked() -> None:
    """A wrong key is found out with one call of each."""
    account = Told()
    account.hear(Common(busy=7, troubled=False), 0.0)
    assert account.most_in_flight(0.0) == 1
    account.meet("first", SUSPECTED)
    assert account.admission(OTHERS_TELL_SECONDS - 0.01) is Admission.NOBODY
    assert account.admission(OTHERS_TELL_SECONDS) is Admission.ONE
    account.hear(Common(busy=7), 0.2)
    assert HoldReason.CREDENTIALS in account.reasons(0.2)
    assert account.one_asks_for_all


def test_one_that_begins_beside_others_that_are_served_nothing_only_probes() -> None:
    """It need not find out itself what they did; the first success of any lets all go on."""
    account = Told()
    account.hear(Common(served_at=5.0, busy=2), 10.0)
    assert account.admission(10.05) is Admission.NOBODY
    assert account.admission(20.0) is Admission.PROBE
    assert account.one_asks_for_all
    account.hear(Common(served_at=21.0, busy=2, troubled=False), 21.1)
    assert account.admission(21.1) is Admission.ALL


def test_another_replicas_success_shows_that_an_order_is_alone_but_not_at_once() -> None:
    """What it said may have been on its way for a while."""
    account = Told()
    account.meet("bad", SUSPECTED, 10.0)
    account.hear(Common(served_at=10.0 + HEARD_LATE_SECONDS), 12.1)
    assert account.admission(12.1) is Admission.ALL
    assert not account.suspects.alone("bad")
    account.hear(Common(served_at=10.1 + HEARD_LATE_SECONDS), 12.2)
    assert account.suspects.alone("bad")


def test_a_wait_that_is_told_is_kept() -> None:
    """A shorter one that comes later does not cut it off; nothing is sent meanwhile."""
    account = Told()
    account.meet("o-1", throttled(60.0))
    account.meet("o-2", throttled(1.0), 1.0)
    assert account.waits.seconds(2.0) == 58.0
    assert account.admission(59.9) is Admission.NOBODY
    assert account.admission(60.0) is Admission.ONE
    assert account.held_since() == 0.0


def test_a_wait_that_is_not_told_grows_with_the_accounts_own_history() -> None:
    """Whatever the order met before; and it begins anew after a success."""
    account, now, waits = Told(jitter=1.0), 0.0, []
    for _ in range(8):
        account.meet("o-1", throttled(), now)
        waits.append(account.waits.seconds(now))
        now += waits[-1]
    assert waits[:3] == pytest.approx([0.8, 1.6, 3.2])
    assert waits[-2:] == [LONGEST_OWN_WAIT_SECONDS] * 2
    account.meet("o-2", SERVED, now)
    account.meet("o-3", throttled(), now)
    assert account.waits.seconds(now) == pytest.approx(0.8)


def test_a_wait_says_how_long_it_is_and_whom_the_api_asked() -> None:
    """The length in all: what is left would be another sentence at each look."""
    account = Told()
    account.meet("o-1", throttled(12.0), 1.0)
    said = [account.reasons(now).get(HoldReason.THROTTLED) for now in (1.0, 12.9, 13.0)]
    assert said == [*[why.throttled(12.0, asked_here=True)] * 2, None]
    account.hear(Common(not_before=40.0), 20.0)
    assert account.reasons(30.0) == {HoldReason.THROTTLED: why.throttled(20.0, asked_here=False)}
    account.meet("o-2", throttled(25.0), 30.0)
    assert account.reasons(30.0) == {HoldReason.THROTTLED: why.throttled(35.0, asked_here=True)}


def test_many_that_are_throttled_at_once_ask_for_one_wait() -> None:
    """They were sent before the wait began, and say nothing new."""
    account = Told(jitter=1.0)
    attempts = [account.send(0.0) for _ in range(20)]
    for attempt in attempts:
        account.report(attempt, attempt.number, throttled(), 0.0)
    assert account.waits.seconds(0.0) == 0.8


def test_told_to_wait_no_time_it_still_waits_a_little() -> None:
    """An API that says "after 0 seconds" again and again is not called in a hot loop."""
    account = Told()
    account.meet("o-1", throttled(0.0))
    assert 0 < account.waits.seconds(0.0) <= 1


def throttled_twice(told: float | None) -> Told:
    """The second one with nothing served between them."""
    account = Told()
    account.meet("o-1", throttled(told))
    account.meet("o-2", throttled(told), account.waits.until)
    return account


def test_after_a_wait_one_tries_and_then_all_go_on() -> None:
    """The first answer says whether the API serves again."""
    account = Told()
    account.meet("o-1", throttled(1.0))
    attempt = account.send(1.0)
    assert (attempt.probe, account.admission(1.0)) == (True, Admission.NOBODY)
    account.report(attempt, "o-2", SERVED, 1.1)
    assert account.admission(1.1) is Admission.ALL


def test_throttled_again_with_nothing_served_one_asks_for_all_and_ever_more_seldom() -> None:
    """An outage that says 503 with a short Retry-After costs no more calls than another one."""
    account, now, calls = throttled_twice(1.0), 2.0, 0
    assert account.admission(now) is Admission.PROBE
    assert account.one_asks_for_all
    while now < 302:
        if account.admission(now) is Admission.PROBE:
            account.meet(f"p-{calls}", throttled(1.0), now)
            calls += 1
        now += max(0.01, min(1.0, account.next_change(now)))
    assert calls < 75
    assert account.reasons(now).keys() == {HoldReason.THROTTLED}
    account.meet("last", SERVED, now + LONGEST_PAUSE_SECONDS)
    assert account.admission(now + LONGEST_PAUSE_SECONDS) is Admission.ALL


def test_a_wait_that_is_heard_of_is_kept_and_said_once() -> None:
    """The same end, read a little later, is no wait of its own."""
    account = Told()
    account.hear(Common(not_before=5.0), 1.0)
    assert account.admission(4.9) is Admission.NOBODY
    assert account.waits.asked_until < 1.0
    account.hear(Common(not_before=5.05), 5.02)
    assert account.admission(5.02) is Admission.ONE
    account.hear(Common(not_before=9.0), 5.1)
    assert account.admission(5.1) is Admission.NOBODY


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
