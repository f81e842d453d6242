"""The rules of the account that the API asks to wait."""

import pytest

from service.flow.events.labels import HoldReason
from service.flow.sending import why
from service.flow.sending.asking import LONGEST_PAUSE_SECONDS
from service.flow.sending.sharing import Common
from service.flow.sending.states import Admission
from service.flow.sending.waits import LONGEST_OWN_WAIT_SECONDS
from tests.flow.told import SERVED, SUSPECTED, Told, throttled


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


def test_a_throttled_probe_ends_no_hold() -> None:
    """The API has not looked at the key."""
    account = Told()
    for number in range(3):
        account.meet(f"o-{number}", SUSPECTED)
    account.meet("probe", throttled(1.0), 5.0)
    assert HoldReason.CREDENTIALS in account.reasons(6.0)
