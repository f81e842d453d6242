"""What changed between scrapes, over restarts, gaps and standing clocks; quantiles as PromQL's."""

import math
from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.commands.top.figures import NO_VALUE, Flow, Scrape, quantile
from service.commands.top.scraping import parse
from service.core.depths import Unreadable
from service.edges.telemetry.catalogue import DELIVERIES
from tests.commands.top.scenes import view_of

NAME = DELIVERIES.name
INF = math.inf


def scrape(at: float, text: str) -> Scrape:
    """A scrape of these lines."""
    return Scrape(at, parse(f"order_relay_in_flight 0\n{text}\n"))


def flow(before: str | None, after: str, seconds: float = 10.0) -> Flow:
    """The deliveries of two scrapes, or of one."""
    first = [] if before is None else [scrape(0, before)]
    return view_of({"a": [*first, scrape(seconds, after)]}, Unreadable("no"))[DELIVERIES]


def same(one: Flow, other: Flow) -> bool:
    """Whether they are the same; two that have no value are."""
    return bool(astuple(one) == pytest.approx(astuple(other), nan_ok=True))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(f"{NAME} 5", f"{NAME} 25", Flow(25, 20, 2.0), id="it counted"),
        pytest.param(f"{NAME} 5", f"{NAME} 5", Flow(5, 0, 0.0), id="it did not"),
        pytest.param(f"{NAME} 500", f"{NAME} 30", Flow(30, 30, 3.0), id="a reset"),
        pytest.param("", f"{NAME} 30", Flow(30, 30, 3.0), id="a new series"),
        pytest.param(f"{NAME} 5", "", Flow(), id="a series gone"),
        pytest.param(None, f"{NAME} 30", Flow(30, 30), id="the first scrape"),
        pytest.param(f"{NAME} NaN", f"{NAME} 30", Flow(30, 30, 3.0), id="no number before"),
        pytest.param(f"{NAME} 5", f"{NAME} NaN", Flow(), id="no number after"),
        pytest.param(f"{NAME} 5", f"{NAME} +Inf", Flow(), id="without end"),
        pytest.param(f"{NAME} 5", f"{NAME} -3", Flow(-3, 0, 0.0), id="no counter at all"),
        pytest.param(
            f"process_start_time_seconds 1\n{NAME} 5",
            f"process_start_time_seconds 2\n{NAME} 25",
            Flow(25, 25, 2.5),
            id="another process that counted further",
        ),
    ],
)
def test_a_counters_change(before: str | None, after: str, expected: Flow) -> None:
    """As `increase` has it, and the rate over the time between."""
    assert same(flow(before, after), expected)


@pytest.mark.parametrize("seconds", [0.0, -3.0])
def test_without_time_between_there_is_no_rate(seconds: float) -> None:
    """Nothing is divided by it."""
    assert same(flow(f"{NAME} 5", f"{NAME} 25", seconds), Flow(25, 20))


def test_labels_are_summed_over() -> None:
    """By those that are asked for."""
    lines = [f'{NAME}{{redelivered="{word}"}} {n}' for word, n in (("true", 3), ("false", 4))]
    view = view_of({"a": [scrape(0, "\n".join(lines))]}, Unreadable("no"))
    assert same(view[DELIVERIES], Flow(7, 7))
    assert same(view.by(DELIVERIES, "redelivered")["true"], Flow(3, 3))
    assert same(view.by(DELIVERIES, "", redelivered="false")[""], Flow(4, 4))


def test_relays_are_summed_with_the_rates_that_are_known() -> None:
    """One of them was read for the first time."""
    answers = {
        "a": [scrape(0, f"{NAME} 0"), scrape(10, f"{NAME} 50")],
        "b": [scrape(10, f"{NAME} 900")],
    }
    assert view_of(answers, Unreadable("no"))[DELIVERIES] == Flow(950, 950, 5.0)


@given(st.floats(), st.floats(), st.floats(-100, 100))
def test_a_change_is_never_negative(before: float, after: float, seconds: float) -> None:
    """Nor is it a number that cannot be counted with."""
    found = flow(f"{NAME} {before}", f"{NAME} {after}", seconds)
    assert 0 <= found.lately < INF
    assert math.isnan(found.per_second) or found.per_second >= 0


@pytest.mark.parametrize(
    ("share", "buckets", "expected"),
    [
        # promtool, asked for the first seven, says the same.
        (0.5, {0.1: 10, 0.2: 20, INF: 20}, 0.1),
        (0.75, {0.1: 10, 0.2: 20, INF: 20}, 0.15),
        (0.25, {0.1: 10, 0.2: 20, INF: 20}, 0.05),
        (0.99, {0.1: 10, 0.2: 20, INF: 40}, 0.2),
        (0.5, {0.1: 0, 0.2: 0, INF: 7}, 0.2),
        (0.5, {-1.0: 4, 1.0: 8, INF: 8}, -1.0),
        # A bucket behind the one below it counts as much as that.
        (0.75, {0.1: 10, 0.2: 9, 0.4: 20, INF: 20}, 0.3),
        # A bound that is no number says nothing.
        (0.5, {math.nan: 5, 0.1: 10, 0.2: 20, INF: 20}, 0.1),
        (0.5, {0.1: 0, INF: 0}, NO_VALUE),
        (0.5, {0.1: 10, 0.2: 20}, NO_VALUE),
        (0.5, {INF: 20}, NO_VALUE),
        (0.5, {}, NO_VALUE),
    ],
)
def test_a_quantile_is_promqls(share: float, buckets: dict[float, float], expected: float) -> None:
    """Linear between two bounds, the highest bound where it is beyond, nothing of nothing."""
    assert quantile(share, buckets) == pytest.approx(expected, nan_ok=True)


@given(
    st.dictionaries(st.floats(-1e18, 1e18), st.floats(0, 1e18), max_size=8),
    st.floats(0, 1e18),
    st.floats(0.001, 0.999),
    st.floats(0.001, 0.999),
)
def test_quantiles_are_ordered_and_within_the_bounds(
    finite: dict[float, float], beyond: float, one: float, other: float
) -> None:
    """Whatever the counts are."""
    buckets = {**finite, INF: beyond}
    low, high = quantile(min(one, other), buckets), quantile(max(one, other), buckets)
    if math.isnan(low) or math.isnan(high):
        assert not finite or not any(buckets.values())
    else:
        slack = 1e-6 * max(map(abs, finite))
        assert low <= high + slack
        assert min(0.0, *finite) - slack <= low
        assert high <= max(finite) + slack
