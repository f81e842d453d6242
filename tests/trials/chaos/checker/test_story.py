"""The story of an order: everything that happened to it, in the order of time, on one page."""

from tests.trials.chaos.checker.build import (
    GOOD,
    ID,
    OTHERS,
    Event,
    booked,
    called,
    fault,
    found,
    history,
    placed,
    sent,
    told,
)
from tests.trials.chaos.checker.story import PAGE_LINES, story

HEADING_AND_ENDING = 6


def told_of(*events: Event) -> list[str]:
    """The story's lines."""
    return story(history(*OTHERS, *events), ID).splitlines()


def test_a_whole_life() -> None:
    """Publish, confirm, faults, calls, replies and where it lies, each at its time."""
    assert told_of(
        told("unknown", 40.0),
        found("parked"),
        booked(),
        placed(1.0, "hang_after", None),
        called(31.0, "status", 502),
        fault(0.5, 3.0, "kill", "relay-1"),
        fault(500.0, 600.0, "cut"),
        sent(deadline=35.0, body='{"service": 7}'),
    ) == [
        "order 'o-1' (built, seed 1)",
        "times in seconds since 2023-11-14T22:13:20.000+00:00",
        '    +0.000  published {"service": 7}, deadline 35.000 s later',
        "    +0.010  confirmed by the broker",
        "    +0.500  | fault kill (relay-1) begins, for 2.500 s",
        "    +1.000  call 1, form f0f0f0f0f0f0: no answer (hang_after), AN ORDER PLACED",
        "    +3.000  | fault kill (relay-1) ends",
        "   +31.000  call 2, form f0f0f0f0f0f0: answered 502 (status)",
        "   +40.000  reply in replies: unknown outcome_unknown, attempts 1",
        "       end  ledger: 1 orders, first ord_1, 0 conflicts",
        "       end  lies in orders.parked; 1 replies",
    ]


def test_times_are_relative_to_its_own_first_event() -> None:
    """An order late in the run begins at zero; a fault before it has a time below."""
    lines = told_of(sent(700.0, confirmed=False), fault(690.0, 800.0))
    assert lines[2:] == [
        "   -10.000  | fault kill begins, for 110.000 s",
        "    +0.000  published {}; no confirm ever came",
        "  +100.000  | fault kill ends",
        "       end  ledger: nothing",
        "       end  lies in no queue; 0 replies",
    ]


def test_another_body_and_a_reply_in_unrouted() -> None:
    """What cannot be printed is shown as Python writes it, and long bodies are cut."""
    lines = told_of(
        sent(body="a\x00b"), sent(1.0, body="word " * 99), told("failed", where="unrouted")
    )
    assert lines[2] == r"    +0.000  published 'a\x00b'"
    assert lines[4].endswith("word ...")
    assert len(lines[4]) < 130
    assert lines[6] == "    +2.000  reply in unrouted: failed deadline_passed, attempts 1"


def test_a_call_that_was_never_answered() -> None:
    """A call that says nothing of an answer is told without one."""
    assert told_of(sent(), called(1.0, None, None))[4] == (
        "    +1.000  call 1, form f0f0f0f0f0f0: no answer"
    )


def test_an_order_that_nobody_knows() -> None:
    """Its story says so, and is no error."""
    assert story(history(), "who") == (
        "order 'who' (built, seed 1)\n"
        "       end  ledger: nothing\n"
        "       end  lies in no queue; 0 replies\n"
    )


def test_a_long_life_fits_a_page() -> None:
    """The beginning and the end stay, and how much is left out is said."""
    calls = [called(float(n), "status", 502) for n in range(1, 201)]
    faults = [fault(float(n), n + 0.5) for n in range(1, 101)]
    lines = told_of(sent(), *calls, *faults, told("unknown", 300.0))
    assert len(lines) <= PAGE_LINES + HEADING_AND_ENDING
    assert lines[2].endswith("published {}")
    assert "       ...  163 more lines in between" in lines
    assert "       and  95 more faults meanwhile" in lines
    assert any("unknown outcome_unknown" in line for line in lines)


def test_faults_take_what_is_left_of_the_page() -> None:
    """With few events of its own, an order shows many faults, and never a page too many."""
    lines = told_of(*GOOD, *(fault(n / 100, 2.0) for n in range(100)))
    assert len(lines) <= PAGE_LINES + HEADING_AND_ENDING
    assert sum("begins" in line for line in lines) == (PAGE_LINES - 4) // 2
