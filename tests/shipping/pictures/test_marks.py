"""Marks in time, from what Prometheus answers."""

import pytest

from tests.shipping.pictures.marks import Mark, of_series, stretches

_STARTS = {
    "name": "Starts",
    "iconColor": "blue",
    "titleFormat": "{{instance}} started",
    "useValueForTime": True,
}
_ALERTS = {"name": "Alerts", "iconColor": "red", "titleFormat": "{{alertname}}"}


def test_a_value_that_is_a_time_is_one_moment() -> None:
    """However often it is seen."""
    points = [(at, "1795825200000") for at in range(1795825200, 1795825260, 15)]
    assert of_series(_STARTS, {"instance": "a:1"}, points) == [
        Mark("Starts", "blue", "a:1 started", 1795825200000, 1795825200000)
    ]


def test_a_stretch_of_ones_is_one_mark() -> None:
    """A zero is none; a gap of more than a step ends it."""
    points = [(0, "1"), (15, "1"), (30, "0"), (45, "1"), (90, "1")]
    found = of_series(_ALERTS, {"alertname": "OrderRelayHeld"}, points)
    assert [(mark.begin, mark.end) for mark in found] == [
        (0, 15_000),
        (45_000, 45_000),
        (90_000,) * 2,
    ]
    assert [mark.said() for mark in found] == [
        "00:00 OrderRelayHeld",
        "00:00 OrderRelayHeld",
        "00:01 OrderRelayHeld",
    ]
    assert Mark("Alerts", "red", "Held", 0, 300_000).said() == "00:00 to 00:05 Held"


@pytest.mark.parametrize(
    ("times", "found"),
    [([], []), ([5], [(5, 5)]), ([1, 2, 3], [(1, 3)]), ([1, 3, 6], [(1, 3), (6, 6)])],
)
def test_stretches(times: list[int], found: list[tuple[int, int]]) -> None:
    """Those at most two apart belong together."""
    assert stretches(times, 2) == found
