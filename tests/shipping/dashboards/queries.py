"""What Prometheus answers to the expressions of a built dashboard, panel by panel."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.shipping.dashboards.fill_in import fill_in

_TIMEOUT_SECONDS = 120
_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Series:
    """One series by its legend: times in milliseconds, and None where there is no number."""

    legend: str
    times: list[int]
    values: list[float | None]

    def as_json(self) -> dict[str, Any]:
        """For a page to draw."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Span:
    """From and to, in seconds since the epoch, and how many seconds lie between two points.

    `scrape_seconds` is what Grafana's data source is told of the time between two scrapes.
    """

    start: int
    end: int
    step: int
    scrape_seconds: int = 60


def of_panel(url: str, panel: dict[str, Any], span: Span) -> list[Series]:
    """All series of a panel, in the order of its queries; a number has one point."""
    return [
        series for target in panel.get("targets", []) for series in _of_target(url, target, span)
    ]


def _of_target(url: str, target: dict[str, Any], span: Span) -> list[Series]:
    expression = filled_in(target["expr"], span)
    if target.get("instant"):
        found = ask(url, "query", query=expression, time=span.end)["result"]
        return [_series(target, one["metric"], [one["value"]]) for one in found]
    found = of_span(url, expression, span)
    times = range(span.start, span.end + 1, span.step)
    return [_series(target, one["metric"], _filled(one["values"], times)) for one in found]


def filled_in(expression: str, span: Span) -> str:
    """An expression as Grafana sends it: its windows as long as the span's steps ask for."""
    # Grafana takes four scrapes, or a step and a scrape, whichever is longer.
    window = max(4 * span.scrape_seconds, span.step + span.scrape_seconds)
    length = span.end - span.start
    return fill_in(expression, __rate_interval=f"{window}s", __range=f"{length}s")


def of_span(url: str, expression: str, span: Span) -> list[dict[str, Any]]:
    """What Prometheus answers for all points of a span, series by series."""
    points = {"start": span.start, "end": span.end, "step": span.step}
    found: list[dict[str, Any]] = ask(url, "query_range", query=expression, **points)["result"]
    return found


def named(pattern: str, labels: Mapping[str, str]) -> str:
    """A legend or a title, with the values of labels in the place of `{{label}}`."""
    return _LABEL.sub(lambda match: labels.get(match[1], ""), pattern)


def ask(url: str, what: str, **parameters: Any) -> Any:
    """The data of an answer of Prometheus; HTTPError where it cannot read the expression."""
    address = f"{url.rstrip('/')}/api/v1/{what}?{urlencode(parameters)}"
    with urlopen(address, timeout=_TIMEOUT_SECONDS) as answer:
        return json.load(answer)["data"]


def _filled(points: list[Any], times: range) -> list[Any]:
    """A point for every time: a line must not bridge a gap."""
    known = {round(float(at)): value for at, value in points}
    return [(at, known.get(at, "NaN")) for at in times]


def _series(target: dict[str, Any], labels: dict[str, str], points: list[Any]) -> Series:
    legend = named(target["legendFormat"], labels)
    values = [None if value in {"NaN", "+Inf", "-Inf"} else float(value) for _, value in points]
    return Series(legend, [round(float(at) * 1000) for at, _ in points], values)
