"""The dashboard asks for metrics and labels that the relay has."""

import json
import re
from collections.abc import Mapping

import pytest

from service.edges.telemetry import catalogue
from service.edges.telemetry.catalogue import Kind, Metric
from tests.chart.generate import CHART

_METRICS = {one.name: one for one in vars(catalogue).values() if isinstance(one, Metric)}
_SERIES: Mapping[str, Metric] = {
    f"{name}{suffix}": metric
    for name, metric in _METRICS.items()
    for suffix in (("_bucket", "_count", "_sum") if metric.kind is Kind.HISTOGRAM else ("",))
}
_SELECTOR = re.compile(r"\b(order_relay_\w+)(?:\{([^}]*)\})?")
_FROM_PROMETHEUS = {"namespace", "le"}

_DASHBOARD = json.loads((CHART / "dashboards" / "order-relay.json").read_text(encoding="utf-8"))
_PANELS = {
    panel["title"]: [target["expr"] for target in panel["targets"]]
    for panel in _DASHBOARD["panels"]
}


def _unknown(expression: str) -> list[str]:
    """The metrics and labels of an expression that the relay does not have."""
    problems = []
    for name, matchers in _SELECTOR.findall(expression):
        if name not in _SERIES:
            problems.append(name)
            continue
        labels = set(re.findall(r"(\w+)\s*=?[=~!]", matchers))
        problems += sorted(labels - set(_SERIES[name].labels) - _FROM_PROMETHEUS)
    return problems


@pytest.mark.parametrize("panel", _PANELS)
def test_a_panel_asks_for_what_there_is(panel: str) -> None:
    """Each of its expressions."""
    assert [_unknown(expression) for expression in _PANELS[panel]] == [[]] * len(_PANELS[panel])


def test_the_dashboard_has_its_panels() -> None:
    """Six, none over another, each explained."""
    assert len(_PANELS) == 6
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in _DASHBOARD["panels"]}
    assert len(places) == 6
    assert all(panel["description"] for panel in _DASHBOARD["panels"])


def test_what_is_not_there_is_found() -> None:
    """A misspelt metric, a histogram without its suffix, and a label of another metric."""
    assert _unknown("rate(order_relay_replys_total[5m])") == ["order_relay_replys_total"]
    duration = "order_relay_order_duration_seconds"
    assert _unknown(duration) == [duration]
    assert _unknown('order_relay_held{status="x"}') == ["status"]
