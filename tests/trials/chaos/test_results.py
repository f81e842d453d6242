"""What is said of a run in numbers, from its history."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from tests.trials.chaos.checker import check
from tests.trials.chaos.checker.build import GOOD, Event, called, fault, history, sent, told
from tests.trials.chaos.results import (
    Result,
    medians,
    recovery_seconds,
    result_of,
    sentences,
    table,
)


def _served(of: str, call: float, reply: float) -> tuple[Event, ...]:
    return (sent(of=of), called(call, of=of), told("accepted", reply, of=of))


@pytest.mark.parametrize(
    ("events", "seconds"),
    [
        ((*_served("a", 5.0, 6.5),), [1.5]),
        # Called before the end: it may have been served while the fault lasted.
        ((*_served("a", 4.0, 5.5), *_served("b", 7.0, 8.0)), [3.0]),
        # The one that is answered first counts, and not the one that was called first.
        ((*_served("a", 5.1, 9.0), *_served("b", 5.2, 6.0)), [1.0]),
        # Only the call before the first reply has served it.
        ((*_served("a", 4.0, 4.5), called(6.0, of="a"), told("accepted", 7.0, of="a")), []),
        # Answered without a call: nothing is known of the API.
        ((sent(of="a"), told("rejected", 6.0, of="a")), []),
        ((), []),
    ],
)
def test_recovery(events: tuple[Event, ...], seconds: list[float]) -> None:
    """From the end of a fault to the first reply to an order that was called for after it."""
    found = recovery_seconds(history(fault(3.0, 5.0, "relay.kill"), *events))
    assert found.get("relay.kill", []) == pytest.approx(seconds)


def test_medians_are_by_kind() -> None:
    """A kind after which nothing was served has none."""
    assert medians({"b": [3.0, 1.0, 2.0], "a": [1.00049, 2.0]}) == {"a": 1.5, "b": 2.0}


def _result(*events: Event, problems: tuple[str, ...] = ()) -> Result:
    run = history(*events)
    return result_of(run, check(run), missed={"relay.stop": 2}, problems=problems, seconds=12.34)


def test_a_good_run() -> None:
    """It is clean, and says so last."""
    result = _result(*GOOD, told("accepted", 3.0), fault(0.1, 0.2, "relay.kill"))
    assert result.clean
    assert (result.orders, result.replies, result.repeated, result.calls) == (1, 1, 1, 1)
    assert result.faults == {"relay.kill": 1}
    assert result.quiet_after_seconds == 20.0
    assert sentences(result)[-1] == "All is well."
    assert "faults that could not strike: 2" in sentences(result)
    assert result.as_json()["violations"]["lost"] == 0


def test_a_broken_run() -> None:
    """Each kind of violation is counted and named."""
    result = _result(sent())
    assert not result.clean
    assert result.violations["lost"] == 1
    assert sentences(result)[-1] == "BROKEN: 1 lost"
    assert "1 lost" in _shown(result)


def test_a_run_with_another_problem() -> None:
    """It is no good run, even where every order's history is."""
    result = _result(*GOOD, problems=("relay 0 ended with 1 on SIGTERM",))
    assert not result.clean
    assert sentences(result)[-1] == "WRONG: relay 0 ended with 1 on SIGTERM"
    assert "1 problems" in _shown(result)
    assert "nothing" in _shown(replace(result, problems=[]))


def _shown(result: Result) -> str:
    text = io.StringIO()
    Console(file=text, width=120).print(table([result]))
    return text.getvalue()
