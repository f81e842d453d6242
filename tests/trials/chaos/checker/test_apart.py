"""What differs without a lie: counted with its number, told, and no failure."""

import pytest

from tests.trials.chaos.checker.build import (
    GOOD,
    ID,
    OTHERS,
    Event,
    booked,
    called,
    found,
    history,
    placed,
    sent,
    told,
)
from tests.trials.chaos.checker.verdict import check
from tests.trials.chaos.checker.violation import Kind

WEAKENED: dict[str, tuple[Event, ...]] = {
    "accepted, then unknown": (*GOOD, told("unknown", 9), found("parked")),
    "accepted, then unknown, not parked any more": (*GOOD, told("unknown", 9)),
    "unknown, then accepted": (sent(), told("unknown"), placed(3), told("accepted", 4), booked()),
    "failed, then unknown": (sent(deadline=1), told("failed"), told("unknown", 9)),
    "rejected, then unknown": (
        sent(),
        called(1, "refused", 400),
        told("rejected"),
        told("unknown", 9),
    ),
    "two publishes": (*GOOD, sent(5, deadline=6), told("unknown", 9)),
}
TWINS: dict[str, tuple[Event, ...]] = {
    "accepted, then failed": (*GOOD, sent(5, deadline=6), told("failed", 7)),
    "failed, then accepted": (
        sent(deadline=1),
        told("failed"),
        sent(3),
        placed(4),
        told("accepted", 5),
        booked(),
    ),
    "the first unconfirmed": (
        sent(confirmed=False, deadline=1),
        sent(3),
        placed(4),
        booked(),
        told("failed", 2),
        told("accepted", 5),
    ),
    "failed, then rejected": (
        sent(deadline=1),
        told("failed"),
        sent(3),
        called(4, "refused", 400),
        told("rejected", 5),
    ),
    "failed for two reasons": (
        sent(deadline=1),
        sent(3),
        told("failed"),
        told("failed", 9, code="too_old"),
    ),
    "failed, and the other's order not told yet": (
        sent(deadline=1),
        told("failed"),
        sent(3),
        placed(4, "hang_after", None),
        booked(),
        found("parked"),
    ),
}


@pytest.mark.parametrize(
    ("kind", "events"),
    [
        *(pytest.param(Kind.WEAKENED, row, id=name) for name, row in WEAKENED.items()),
        *(pytest.param(Kind.TWINS, row, id=name) for name, row in TWINS.items()),
    ],
)
def test_is_counted_and_does_not_fail(kind: Kind, events: tuple[Event, ...]) -> None:
    """One finding of this kind, and a verdict that is right all the same."""
    verdict = check(history(*OTHERS, *events))
    assert [(each.kind, each.request_id) for each in verdict.violations] == [(kind, ID)]
    assert verdict.ok
    assert verdict.by_kind[kind] == 1


def test_both_at_once() -> None:
    """A copy that failed and a copy that is unknown are two findings."""
    events = (*GOOD, sent(5, deadline=6), told("failed", 7), sent(8), told("unknown", 9))
    verdict = check(history(*events))
    assert [each.kind for each in verdict.violations] == [Kind.WEAKENED, Kind.TWINS]
    assert verdict.ok


def test_they_do_not_hide_a_lie() -> None:
    """An unknown reply beside two that contradict each other leaves the contradiction."""
    verdict = check(history(*GOOD, told("rejected", 3), told("unknown", 4)))
    assert [each.kind for each in verdict.violations] == [Kind.CONTRADICTORY, Kind.WEAKENED]
    assert not verdict.ok


def test_a_second_order_is_no_twin() -> None:
    """Two publishes of which one failed may still not be told two orders."""
    events = (*GOOD, sent(3), told("failed", 4), told("accepted", 5, order="ord_2"))
    verdict = check(history(*events))
    assert [each.kind for each in verdict.violations] == [Kind.CONTRADICTORY, Kind.TWINS]
    assert not verdict.ok
