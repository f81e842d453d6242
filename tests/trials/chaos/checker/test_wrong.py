"""Histories made wrong on purpose, beside others that are right: each is found as what it is.

The rows are the invariants' own: what a run must never show, and what differs without a lie (twins
and weakened ones are counted and told, and no failure).
"""

import pytest

from tests.trials.chaos.checker.build import (
    AGE,
    ENDED,
    GOOD,
    ID,
    MARGIN,
    OTHERS,
    QUIET,
    WINDOW,
    Event,
    booked,
    called,
    ending,
    found,
    history,
    life,
    placed,
    sent,
    told,
)
from tests.trials.chaos.checker.lives import Kind
from tests.trials.chaos.checker.verdict import check

LATER = MARGIN + 0.5
TOO_LATE = 1 + WINDOW + LATER
REFUSED = called(answered="refused", status=400)
HUNG = called(1.0, "hang_before", None)
CONFLICT = told("rejected", 3, code="message_id_conflict")
TWO_BODIES = (sent(body="{1}"), sent(1.0, body="{2}"))

LOST: dict[str, tuple[Event, ...]] = {
    "without a trace": (sent(),),
    "after a call": (sent(), HUNG, booked(0)),
    "after its order was placed": (sent(), placed(), booked()),
    "the second publish was confirmed": (sent(confirmed=False), sent(3.0)),
    "only in a queue that nobody reads": (sent(), found("elsewhere")),
    "only in a queue without a name space": (sent(), found("retry.soon")),
    "the deadline has passed": (sent(deadline=5.0),),
}
DOUBLED: dict[str, tuple[Event, ...]] = {
    "by the ledger": (sent(), placed(), told("accepted"), booked(2)),
    "by two calls": (sent(), placed(), placed(1.5), told("accepted"), booked()),
    "and told unknown": (sent(), told("unknown"), found("parked"), booked(3)),
    "by two publishes": (sent(), sent(1.0), placed(), told("accepted"), booked(2)),
    "and never told": (sent(confirmed=False), booked(2)),
}
TWO_FORMS: dict[str, tuple[Event, ...]] = {
    "in two calls": (*GOOD, called(1.5, form="e1" * 32)),
    "by the ledger alone": (sent(), placed(), told("accepted"), booked(conflicts=1)),
    "both seen": life(*GOOD[:3], called(2, "conflict", 409, form="e1"), booked(conflicts=1)),
    "from two bodies": (*TWO_BODIES, placed(), called(form="e1"), told("accepted"), booked()),
}
CONTRADICTORY: dict[str, tuple[Event, ...]] = {
    "accepted without an order": (sent(), told("accepted")),
    "accepted and the ledger has none": (sent(), REFUSED, booked(0), told("accepted")),
    "accepted with another order": (*GOOD[:2], booked(), told("accepted", order="ord_2")),
    "accepted without saying which": (*GOOD[:2], booked(), told("accepted", order=None)),
    "rejected with an order": (sent(), placed(), booked(), told("rejected")),
    "rejected and a call placed one": (sent(), placed(), told("rejected")),
    "failed with an order": (sent(deadline=5), placed(), booked(), told("failed", 6)),
    "accepted, then rejected": (*GOOD, told("rejected", 3)),
    "accepted, then failed": (*GOOD, told("failed", 3)),
    "accepted twice, with two orders": (*GOOD, told("accepted", 3, order="ord_2")),
    "rejected, then failed": (sent(), REFUSED, booked(0), told("rejected"), told("failed", 3)),
    "rejected with two codes": (sent(), told("rejected"), told("rejected", code="invalid_order")),
    "failed with two codes": (sent(), told("failed"), told("failed", 9, code="too_old")),
    "unknown with two codes": life(
        sent(), told("unknown"), told("unknown", code="too_old"), found("parked")
    ),
    "two publishes, accepted and rejected": (*GOOD, sent(3.0), told("rejected", 4)),
    "a conflict with itself": (*GOOD, CONFLICT),
    "two publishes of one body, and a conflict": life(*GOOD, sent(2), CONFLICT),
    "two bodies, and the API refused one": (*TWO_BODIES, *GOOD[1:], told("rejected", 3)),
    "two publishes, rejected with two codes": life(
        sent(), sent(1), told("rejected"), told("rejected", code="invalid_order")
    ),
    "seen in unrouted only": (*GOOD, told("rejected", 3, where="unrouted")),
}
LATE: dict[str, tuple[Event, ...]] = {
    "after the deadline": (sent(deadline=5), placed(5 + LATER), told("accepted", 7), booked()),
    "again after the deadline": (sent(deadline=5), placed(1), called(5 + LATER), *GOOD[2:]),
    "after both deadlines": (sent(deadline=2), sent(1, deadline=5), placed(5 + LATER), *GOOD[2:]),
    "outside the window of a call that hung": life(sent(), HUNG, placed(TOO_LATE), *GOOD[2:]),
    "outside the window of a broken answer": life(
        sent(), placed(1, "broken_json"), called(TOO_LATE), *GOOD[2:]
    ),
    "outside the window of a 500": life(
        sent(), called(1, "status", 500), placed(TOO_LATE), *GOOD[2:]
    ),
    "outside the window of a 409": life(
        sent(), called(1, "status", 409), placed(TOO_LATE), *GOOD[2:]
    ),
    "outside the window of the first of many": life(
        sent(),
        *(called(at, "s", 502) for at in (1, 40, TOO_LATE)),
        told("unknown", 90),
        found("parked"),
    ),
    "too old": (sent(), called(1, "throttled", 429), placed(AGE + LATER), *GOOD[2:]),
    "too old since the second publish": (sent(), sent(9), placed(9 + AGE + LATER), *GOOD[2:]),
    "no confirm, and yet too late": (sent(confirmed=False, deadline=5), called(9, "s", 502)),
}
INVENTED: dict[str, tuple[Event, ...]] = {
    "a reply": (told("rejected"),),
    "a reply in unrouted": (told("unknown", where="unrouted"),),
    "a call": (REFUSED,),
    "an entry in the ledger": (booked(0),),
    "a whole order": GOOD[1:],
}
UNPARKED: dict[str, tuple[Event, ...]] = {
    "unknown": (sent(), HUNG, told("unknown")),
    "unknown, more than once": (sent(), HUNG, told("unknown"), told("unknown", 9)),
    "unknown, and the order exists": life(
        sent(), placed(1, "hang_after", None), booked(), told("unknown")
    ),
    "unknown, and lying elsewhere": (sent(), told("unknown"), found("else")),
    "unknown, and the other body refused": life(*TWO_BODIES, told("unknown"), CONFLICT),
}
WEAKENED: dict[str, tuple[Event, ...]] = {
    "accepted, then unknown": (*GOOD, told("unknown", 9), found("parked")),
    "accepted, then unknown, not parked any more": (*GOOD, told("unknown", 9)),
    "unknown, then accepted": (sent(), told("unknown"), placed(3), told("accepted", 4), booked()),
    "failed, then unknown": (sent(deadline=1), told("failed"), told("unknown", 9)),
    "rejected, then unknown": life(
        sent(), called(1, "refused", 400), told("rejected"), told("unknown", 9)
    ),
    "two publishes": (*GOOD, sent(5, deadline=6), told("unknown", 9)),
}
TWINS: dict[str, tuple[Event, ...]] = {
    "accepted, then failed": (*GOOD, sent(5, deadline=6), told("failed", 7)),
    "failed, then accepted": life(
        sent(deadline=1), told("failed"), sent(3), placed(4), told("accepted", 5), booked()
    ),
    "the first unconfirmed": life(
        sent(confirmed=False, deadline=1),
        sent(3),
        placed(4),
        booked(),
        told("failed", 2),
        told("accepted", 5),
    ),
    "failed, then rejected": life(
        sent(deadline=1), told("failed"), sent(3), called(4, "refused", 400), told("rejected", 5)
    ),
    "failed for two reasons": life(
        sent(deadline=1), sent(3), told("failed"), told("failed", 9, code="too_old")
    ),
    "failed, and the other's order not told yet": life(
        sent(deadline=1),
        told("failed"),
        sent(3),
        placed(4, "hang_after", None),
        booked(),
        found("parked"),
    ),
}
TABLE = {
    Kind.LOST: LOST,
    Kind.DOUBLED: DOUBLED,
    Kind.TWO_FORMS: TWO_FORMS,
    Kind.CONTRADICTORY: CONTRADICTORY,
    Kind.LATE: LATE,
    Kind.INVENTED: INVENTED,
    Kind.UNPARKED: UNPARKED,
    Kind.WEAKENED: WEAKENED,
    Kind.TWINS: TWINS,
}


@pytest.mark.parametrize(
    ("kind", "events"),
    [
        pytest.param(kind, events, id=f"{kind}: {name}")
        for kind, rows in TABLE.items()
        for name, events in rows.items()
    ],
)
def test_is_found_as_what_it_is(kind: Kind, events: tuple[Event, ...]) -> None:
    """One finding, of this kind, about this order, and nothing about the others."""
    verdict = check(history(*OTHERS, *events))
    assert [(each.kind, each.request_id) for each in verdict.violations] == [(kind, ID)]
    assert verdict.ok is not kind.fails
    assert verdict.by_kind[kind] == 1


@pytest.mark.parametrize(
    ("kinds", "events"),
    [
        # A copy that failed and a copy that is unknown.
        (
            (Kind.WEAKENED, Kind.TWINS),
            life(sent(5, deadline=6), told("failed", 7), sent(8), told("unknown", 9)),
        ),
        # They do not hide a lie: two others contradict each other.
        ((Kind.CONTRADICTORY, Kind.WEAKENED), (told("rejected", 3), told("unknown", 4))),
        # Two publishes of which one failed may still not be told two orders.
        (
            (Kind.CONTRADICTORY, Kind.TWINS),
            life(sent(3), told("failed", 4), told("accepted", 5, order="ord_2")),
        ),
    ],
)
def test_two_findings_at_once(kinds: tuple[Kind, Kind], events: tuple[Event, ...]) -> None:
    """An accepted order of which more is told; it fails where one of the two does."""
    verdict = check(history(*GOOD, *events))
    assert tuple(each.kind for each in verdict.violations) == kinds
    assert verdict.ok is not any(kind.fails for kind in kinds)


@pytest.mark.parametrize(
    ("quiet", "depths", "sentence"),
    [
        (None, {}, "never quiet"),
        (ENDED + QUIET + 0.5, {}, "quiet at +1030.500 s only"),
        (ENDED, {"orders.requests": 1}, "1 messages left in orders.requests"),
        (ENDED, {"orders.retry.30": 7, "orders.parked": 3}, "7 messages left in orders.retry.30"),
        (ENDED, {"a.name.space.retry.1": 1}, "1 messages left in a.name.space.retry.1"),
    ],
)
def test_a_run_that_does_not_come_to_rest(
    quiet: float | None, depths: dict[str, int], sentence: str
) -> None:
    """No rest, rest too late, and work left over: each is said, and is no order's own."""
    verdict = check(history(*OTHERS, end=ending(quiet, depths)))
    (finding,) = verdict.violations
    assert (finding.kind, finding.request_id) == (Kind.NOT_QUIET, None)
    assert finding.sentence.startswith(sentence)
    assert not verdict.ok


@pytest.mark.parametrize("queue", ["requests", "retry.1"])
def test_an_order_that_still_waits_at_the_end(queue: str) -> None:
    """It is not lost, but the run is not at rest, whatever the depths say."""
    verdict = check(history(*OTHERS, sent(), found(queue)))
    assert [(each.kind, each.request_id) for each in verdict.violations] == [(Kind.NOT_QUIET, None)]


def test_every_kind_has_its_rows() -> None:
    """A kind without a wrong history could be one that is never found."""
    assert set(Kind) == {*TABLE, Kind.NOT_QUIET}
