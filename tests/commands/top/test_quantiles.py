"""Quantiles come out of buckets as PromQL has them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.commands.top.quantiles import Quantiles, quantile, quantiles

INF = math.inf


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
        (0.5, {0.1: 0, INF: 0}, None),
        (0.5, {0.1: 10, 0.2: 20}, None),
        (0.5, {INF: 20}, None),
        (0.5, {}, None),
    ],
)
def test_a_quantile_is_promqls(
    share: float, buckets: dict[float, float], expected: float | None
) -> None:
    """Linear between two bounds, the highest bound where it is beyond, nothing of nothing."""
    found = quantile(share, buckets)
    assert found == (expected if expected is None else pytest.approx(expected))


def test_the_three_belong_together() -> None:
    """All of a histogram, or none."""
    assert quantiles({1.0: 100, INF: 100}) == Quantiles(0.5, 0.95, 0.99)
    assert quantiles({1.0: 0, INF: 0}) is None


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
    if low is None or high is None:
        assert not finite or not any(buckets.values())
    else:
        slack = 1e-6 * max(map(abs, finite))
        assert low <= high + slack
        assert min(0.0, *finite) - slack <= low
        assert high <= max(finite) + slack
