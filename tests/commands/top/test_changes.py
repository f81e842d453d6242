"""What changed between two scrapes, over restarts, gaps and standing clocks."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.commands.top.changes import Change, Changes, Flow
from service.commands.top.parsing import parse
from service.commands.top.samples import Scrape
from service.commands.top.view import kept

NAME = "order_relay_deliveries_total"


def scrape(at: float, text: str) -> Scrape:
    """A scrape of these lines."""
    return Scrape(at, 1000 + at, parse(f"order_relay_in_flight 0\n{text}\n"))


def flow(before: str | None, after: str, seconds: float = 10.0) -> Flow | None:
    """The deliveries of two scrapes."""
    first = None if before is None else scrape(0, before)
    return Changes([Change(first, scrape(seconds, after))]).all(NAME)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(f"{NAME} 5", f"{NAME} 25", Flow(25, 20, 2.0), id="it counted"),
        pytest.param(f"{NAME} 5", f"{NAME} 5", Flow(5, 0, 0.0), id="it did not"),
        pytest.param(f"{NAME} 500", f"{NAME} 30", Flow(30, 30, 3.0), id="a reset"),
        pytest.param("", f"{NAME} 30", Flow(30, 30, 3.0), id="a new series"),
        pytest.param(f"{NAME} 5", "", None, id="a series gone"),
        pytest.param(None, f"{NAME} 30", Flow(30, 30, None), id="the first scrape"),
        pytest.param(f"{NAME} NaN", f"{NAME} 30", Flow(30, 30, 3.0), id="no number before"),
        pytest.param(f"{NAME} 5", f"{NAME} NaN", None, id="no number after"),
        pytest.param(f"{NAME} 5", f"{NAME} +Inf", None, id="without end"),
        pytest.param(f"{NAME} 5", f"{NAME} -3", Flow(-3, 0, 0.0), id="no counter at all"),
        pytest.param(
            f"process_start_time_seconds 1\n{NAME} 5",
            f"process_start_time_seconds 2\n{NAME} 25",
            Flow(25, 25, 2.5),
            id="another process that counted further",
        ),
    ],
)
def test_a_counters_change(before: str | None, after: str, expected: Flow | None) -> None:
    """As `increase` has it, and the rate over the time between."""
    assert flow(before, after) == expected


@pytest.mark.parametrize("seconds", [0.0, -3.0])
def test_without_time_between_there_is_no_rate(seconds: float) -> None:
    """Nothing is divided by it."""
    assert flow(f"{NAME} 5", f"{NAME} 25", seconds) == Flow(25, 20, None)


def test_labels_are_summed_over() -> None:
    """By those that are asked for."""
    lines = [f'{NAME}{{redelivered="{word}"}} {n}' for word, n in (("true", 3), ("false", 4))]
    changes = Changes([Change(None, scrape(0, "\n".join(lines)))])
    assert changes.all(NAME) == Flow(7, 7, None)
    assert changes.by(NAME, "redelivered")[("true",)] == Flow(3, 3, None)


def test_relays_are_summed_with_the_rates_that_are_known() -> None:
    """One of them was asked for the first time."""
    changes = Changes(
        [
            Change(scrape(0, f"{NAME} 0"), scrape(10, f"{NAME} 50")),
            Change(None, scrape(10, f"{NAME} 900")),
        ]
    )
    assert changes.all(NAME) == Flow(950, 950, 5.0)


@given(st.floats(), st.floats(), st.floats(-100, 100))
def test_a_change_is_never_negative(before: float, after: float, seconds: float) -> None:
    """Nor is it a number that cannot be counted with."""
    found = flow(f"{NAME} {before}", f"{NAME} {after}", seconds)
    if found is not None:
        assert 0 <= found.lately < math.inf
        assert found.per_second is None or found.per_second >= 0


def test_the_window_is_kept_and_at_least_one_before_the_latest() -> None:
    """So that there is a rate however rarely one looks."""
    many = [scrape(float(at), "") for at in (0, 4, 8, 12, 16)]
    assert [each.monotonic_seconds for each in kept(many, 10)] == [8, 12, 16]
    rare = [scrape(float(at), "") for at in (0, 60, 120)]
    assert [each.monotonic_seconds for each in kept(rare, 10)] == [60, 120]
    assert kept(many[:1], 10) == many[:1]
    assert kept([], 10) == []
