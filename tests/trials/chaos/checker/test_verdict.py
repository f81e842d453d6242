"""The numbers of a verdict, and that a long run is judged in one pass."""

from itertools import chain

from tests.trials.chaos.checker.build import (
    GOOD,
    OTHERS,
    RESTED,
    booked,
    called,
    ending,
    found,
    history,
    placed,
    sent,
    told,
)
from tests.trials.chaos.checker.lives import Kind
from tests.trials.chaos.checker.verdict import check

MANY = 20_000


def test_the_numbers() -> None:
    """Orders are counted once, however often they were published, told or parked."""
    verdict = check(
        history(
            *OTHERS,
            sent(confirmed=False, of="u"),
            sent(of="u"),
            *(called(n, "hang_before", None, of="u") for n in (1, 2, 3)),
            *(told("unknown", n, of="u") for n in (4, 5)),
            *(found("parked", of="u") for _ in range(2)),
            sent(confirmed=False, of="v"),
        )
    )
    assert (verdict.scenario, verdict.seed) == ("built", 1)
    assert (verdict.orders, verdict.confirmed, verdict.parked) == (4, 3, 1)
    assert (verdict.calls, verdict.replies) == (5, 4)
    assert verdict.answered == {"accepted": 1, "rejected": 1, "unknown": 1}
    assert not any(verdict.by_kind.values())


def test_the_lines() -> None:
    """A person reads the numbers, and which of them are no failure."""
    wrong = history(*GOOD, told("unknown", 9), sent(of="a"))
    assert list(check(wrong).lines()) == [
        "built, seed 1: WRONG",
        "  2 orders published, 2 of them confirmed",
        "  1 accepted, 1 unknown; 2 replies, 1 calls, 0 parked",
        "  1 lost",
        "  1 weakened (no failure)",
    ]
    assert next(check(history(*GOOD)).lines()) == "built, seed 1: right"
    assert list(check(history()).lines())[2] == "  none answered; 0 replies, 0 calls, 0 parked"


def test_sentences_count_from_the_first_event() -> None:
    """The time base of all sentences is the first thing that happened in the run."""
    verdict = check(history(sent(50.0), sent(0.0, of="a"), called(51.0), end=ending(RESTED)))
    first = verdict.violations[0]
    assert first.sentence == (
        "confirmed at +50.010 s, then gone: no reply, and in no queue at the end; "
        "1 calls reached the API, the last at +51.000 s; 0 orders exist"
    )


def test_many_orders_in_one_pass() -> None:
    """A check that looks through all of them for each does not end in time."""
    orders = (
        (sent(n / 1000, of=of), placed(n / 1000 + 1, of=of), booked(order=of, of=of))
        + ((told("accepted", n / 1000 + 2, order=of, of=of),) if n != MANY // 2 else ())
        for n, of in ((n, f"o-{n}") for n in range(MANY))
    )
    verdict = check(history(*chain.from_iterable(orders), end=ending(RESTED)))
    assert (verdict.orders, verdict.replies) == (MANY, MANY - 1)
    assert [(each.kind, each.request_id) for each in verdict.violations] == [
        (Kind.LOST, f"o-{MANY // 2}")
    ]
