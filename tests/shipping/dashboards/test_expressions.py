"""Every expression asks for metrics and labels that exist, over windows that fit the screen."""

import json
import re
from typing import Any

import pytest

from charts.sources.dashboards.boards import BOARDS
from charts.sources.dashboards.build import text
from tests.shipping.rules.exposed import SELECTOR, unanswered

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
    assert unanswered(_EXPRESSIONS[where]) == []
    assert SELECTOR.search(_EXPRESSIONS[where])


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
    for _, matchers in SELECTOR.findall(_EXPRESSIONS[where]):
        chosen = re.findall(r'(\w+)=~"(\$\w+\|?)"', matchers)
        assert chosen
        assert [value for _, value in chosen if not value.endswith("|")] == []


def test_a_wrong_window_is_found() -> None:
    """One that is neither the screen's nor its subquery's step."""
    assert _wrong_windows("rate(a{}[5m])") == ["rate[5m]"]
    assert _wrong_windows("sum_over_time((rate(a{}[5m]))[1h:1m])") == ["rate[5m]"]
    assert _wrong_windows("sum_over_time((increase(a{}[5m]))[1h:5m])") == []
