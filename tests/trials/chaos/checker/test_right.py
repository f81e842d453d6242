"""Histories that are right, the ones at the edge of a rule above all."""

import pytest

from tests.trials.chaos.checker.build import (
    AGE,
    ENDED,
    GOOD,
    MARGIN,
    OTHERS,
    QUIET,
    WINDOW,
    Event,
    booked,
    called,
    ending,
    fault,
    found,
    history,
    life,
    placed,
    sent,
    told,
)
from tests.trials.chaos.checker.verdict import check

JUST = MARGIN - 0.5
HUNG = called(1.0, "hang_before", None)
TWO_BODIES = (sent(body="{1}"), sent(1.0, body="{2}"))
CONFLICT = told("rejected", 3, code="message_id_conflict")

RIGHT: dict[str, tuple[Event, ...]] = {
    "nothing happened": (),
    "accepted at once": GOOD,
    "accepted, by the API's second answer": life(
        sent(), placed(1, "hang_after", None), called(9), told("accepted", 10), booked()
    ),
    "rejected by the API": (sent(), called(1, "refused", 400), booked(0), told("rejected")),
    "rejected without a call": (sent(), told("rejected", code="invalid_order")),
    "failed without a call": (sent(deadline=5.0), told("failed", 6.0)),
    "failed after being throttled": life(
        sent(deadline=5.0), called(1, "throttled", 429), booked(0), told("failed", 6.0)
    ),
    "unknown and parked": (sent(), HUNG, booked(0), told("unknown", 9), found("parked")),
    "unknown and parked twice": life(
        sent(), HUNG, told("unknown"), told("unknown", 9), found("parked"), found("parked")
    ),
    "unknown, parked, and an order exists": life(
        sent(), placed(1, "reset_after", None), booked(), told("unknown"), found("parked")
    ),
    "an order that no reply has come to yet": (sent(confirmed=False), placed(), booked()),
    "unconfirmed and lost": (sent(confirmed=False),),
    "unconfirmed and accepted": (sent(confirmed=False), *GOOD[1:]),
    "unconfirmed, published again, accepted": (sent(confirmed=False), sent(2.0), *GOOD[1:]),
    "parked without a reply": (sent(), found("parked")),
    "parked in a deep name space": (sent(), found("of.a.shop.parked")),
    "answered in unrouted only": (*GOOD[:2], booked(), told("accepted", where="unrouted")),
    "repeated replies that agree": (*GOOD, told("accepted", 3), told("accepted", 99)),
    "repeated, once in unrouted": (*GOOD, told("accepted", 3, where="unrouted")),
    "called at the deadline's margin": (sent(deadline=5), placed(5 + JUST), *GOOD[2:]),
    "the second publish has a later deadline": life(
        sent(deadline=1), sent(1, deadline=9), placed(8), *GOOD[2:]
    ),
    "the second publish has no deadline": (sent(deadline=1), sent(1), placed(8), *GOOD[2:]),
    "called at the window's margin": (sent(), HUNG, placed(1 + WINDOW + JUST), *GOOD[2:]),
    "long after a clean answer": life(
        sent(), called(1, "throttled", 429), placed(2 * WINDOW), *GOOD[2:]
    ),
    "long after an answer that may have asked to wait": life(
        sent(), called(1, "status", 503), placed(2 * WINDOW), *GOOD[2:]
    ),
    "long after a wrong key": life(
        sent(), called(1, "unauthorized", 401), placed(2 * WINDOW), *GOOD[2:]
    ),
    "a window that the second publish begins anew": life(
        sent(), HUNG, sent(50), placed(50 + WINDOW), *GOOD[2:]
    ),
    "called at the greatest age's margin": (sent(), placed(AGE + JUST), *GOOD[2:]),
    "an age that the second publish begins anew": life(
        sent(), sent(50), placed(50 + AGE), *GOOD[2:]
    ),
    "another body under the same id": (*TWO_BODIES, placed(), booked(), told("accepted"), CONFLICT),
    "another body that is no order": life(
        *TWO_BODIES, *GOOD[1:], told("rejected", 3, code="invalid_order")
    ),
    "two publishes, both failed": life(
        sent(deadline=1), sent(1, deadline=2), told("failed", 3), told("failed", 4)
    ),
    "a parked message that has no id": (found("parked", of=""),),
    "a fault": (*GOOD, fault(0.5, 1.5)),
}


@pytest.mark.parametrize("events", RIGHT.values(), ids=RIGHT)
def test_is_right(events: tuple[Event, ...]) -> None:
    """No finding of any kind."""
    verdict = check(history(*OTHERS, *events))
    assert verdict.violations == ()
    assert verdict.ok


@pytest.mark.parametrize("quiet", [ENDED - 5, ENDED, ENDED + QUIET])
def test_at_rest_in_time(quiet: float) -> None:
    """Rest at the last allowed moment is in time; what is parked or told may lie there."""
    left = {"orders.requests": 0, "orders.parked": 3, "orders.unrouted": 9, "shop.replies": 1}
    assert check(history(*GOOD, end=ending(quiet, left))).violations == ()
