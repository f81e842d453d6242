"""The rules of the account where other replicas tell what they met."""

import pytest

from service.flow.events.labels import HoldReason
from service.flow.sending.account import FAILURES_TO_OPEN, OTHERS_TELL_SECONDS
from service.flow.sending.asking import DOUBT_SECONDS
from service.flow.sending.sharing import Common
from service.flow.sending.states import Admission
from service.flow.sending.suspects import HEARD_LATE_SECONDS
from tests.flow.told import FAILED, SERVED, SUSPECTED, Told, failing


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
