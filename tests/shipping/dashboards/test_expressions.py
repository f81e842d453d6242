"""Every expression asks for metrics and labels that exist, over windows that fit the screen."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from charts.sources.dashboards.boards import BOARDS
from charts.sources.dashboards.build import text
from service.edges.telemetry import catalogue
from service.edges.telemetry.catalogue import Kind, Metric
from tests.shipping.rules.reading import all_rules

_OF_QUEUES = frozenset({"vhost", "queue"})
_OTHERS: dict[str, frozenset[str]] = {
    "rabbitmq_detailed_queue_messages": _OF_QUEUES,
    "rabbitmq_detailed_queue_messages_ready": _OF_QUEUES,
    "rabbitmq_detailed_queue_messages_unacked": _OF_QUEUES,
    "rabbitmq_detailed_queue_consumers": _OF_QUEUES,
    "process_cpu_seconds_total": frozenset(),
    "process_max_fds": frozenset(),
    "process_open_fds": frozenset(),
    "process_resident_memory_bytes": frozenset(),
    "process_start_time_seconds": frozenset(),
    "ALERTS": frozenset({"alertname", "alertstate"}),
    "ALERTS_FOR_STATE": frozenset({"alertname"}),
    **{rule.name: frozenset() for rule in all_rules() if not rule.is_alert},
}
_SERIES: Mapping[str, frozenset[str]] = {
    **_OTHERS,
    **{
        f"{metric.name}{suffix}": frozenset(metric.labels)
        for metric in vars(catalogue).values()
        if isinstance(metric, Metric)
        for suffix in (("_bucket", "_count", "_sum") if metric.kind is Kind.HISTOGRAM else ("",))
    },
}
_OF_PROMETHEUS = frozenset({"namespace", "job", "instance", "le"})
_SELECTOR = re.compile(r"\b([A-Za-z_][\w:]+)\{([^}]*)\}")
_RATE = re.compile(r"\b(rate|increase|irate|delta|changes)\([^[]*\[([^\]]+)\]")
_STEP = re.compile(r"\[\w+:(\w+)\]")


def _expressions() -> dict[str, str]:
    """Of the panels, the choices and the marks in time, each by where it stands."""
    found = {}
    for board in BOARDS:
        built: dict[str, Any] = json.loads(text(board))
        for panel in built["panels"]:
            for target in panel.get("targets", []):
                found[f"{board.uid}-{panel['title']}-{target['refId']}"] = target["expr"]
        for mark in built["annotations"]["list"]:
            found[f"{board.uid}-{mark['name']}"] = mark["expr"]
    return found


_EXPRESSIONS = _expressions()


def _unknown(expression: str) -> list[str]:
    """The metrics and labels of an expression that nothing exports."""
    problems = []
    for name, matchers in _SELECTOR.findall(expression):
        if name not in _SERIES:
            problems.append(name)
            continue
        labels = set(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", matchers))
        problems += sorted(labels - _SERIES[name] - _OF_PROMETHEUS)
    return problems


def _wrong_windows(expression: str) -> list[str]:
    """The windows of rates that are neither the screen's nor a whole step of a subquery."""
    steps = set(_STEP.findall(expression))
    good = {"$__rate_interval", *steps}
    return [
        f"{function}[{window}]"
        for function, window in _RATE.findall(expression)
        if window not in good and (function, window) != ("increase", "$__range")
    ]


@pytest.mark.parametrize("where", _EXPRESSIONS)
def test_an_expression_asks_for_what_there_is(where: str) -> None:
    """With labels that it has; and it asks for something."""
    assert _unknown(_EXPRESSIONS[where]) == []
    assert _SELECTOR.search(_EXPRESSIONS[where])


@pytest.mark.parametrize("where", _EXPRESSIONS)
def test_a_rate_is_over_a_window_that_misses_nothing(where: str) -> None:
    """As long as a step on the screen, or as a step of the subquery that adds it up."""
    assert _wrong_windows(_EXPRESSIONS[where]) == []


def test_durations_come_with_exemplars() -> None:
    """A quantile of how long something took leads to single orders; no other query asks for any."""
    targets = [
        (target["expr"], target.get("exemplar", False))
        for board in BOARDS
        for panel in json.loads(text(board))["panels"]
        if panel["type"] == "timeseries"
        for target in panel["targets"]
    ]
    wanted = {one for one, _ in targets if re.search(r"histogram_quantile.*duration", one)}
    assert {one for one, has in targets if has} == wanted
    assert len(wanted) >= 6


@pytest.mark.parametrize("where", _EXPRESSIONS)
def test_an_absent_label_is_let_through(where: str) -> None:
    """A plain Prometheus adds no namespace, and RabbitMQ may be scraped without a virtual host."""
    for _, matchers in _SELECTOR.findall(_EXPRESSIONS[where]):
        chosen = re.findall(r'(\w+)=~"(\$\w+\|?)"', matchers)
        assert chosen
        assert [value for _, value in chosen if not value.endswith("|")] == []


def test_what_is_not_there_is_found() -> None:
    """A misspelt metric, a histogram without its suffix, a label of another metric, a window."""
    assert _unknown("rate(order_relay_replys_total{}[5m])") == ["order_relay_replys_total"]
    duration = "order_relay_order_duration_seconds"
    assert _unknown(f"{duration}{{}}") == [duration]
    assert _unknown('order_relay_held{status="x"}') == ["status"]
    assert _wrong_windows("rate(a{}[5m])") == ["rate[5m]"]
    assert _wrong_windows("sum_over_time((rate(a{}[5m]))[1h:1m])") == ["rate[5m]"]
    assert _wrong_windows("sum_over_time((increase(a{}[5m]))[1h:5m])") == []
