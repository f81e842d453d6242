"""What Prometheus answers to the expressions of a built dashboard, panel by panel."""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.dashboards.fill_in import fill_in

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
    """From and to, in seconds since the epoch, and how many seconds lie between two points."""

    start: int
    end: int
    step: int


def of_panel(url: str, panel: dict[str, Any], span: Span) -> list[Series]:
    """All series of a panel, in the order of its queries; a number has one point."""
    return [
        series for target in panel.get("targets", []) for series in _of_target(url, target, span)
    ]


def _of_target(url: str, target: dict[str, Any], span: Span) -> list[Series]:
    # Grafana takes four scrapes, or a step and a scrape, whichever is longer.
    window = f"{max(4 * 60, span.step + 60)}s"
    expression = fill_in(
        target["expr"], __rate_interval=window, __range=f"{span.end - span.start}s"
    )
    if target.get("instant"):
        found = _ask(url, "query", query=expression, time=span.end)
        return [_series(target, one["metric"], [one["value"]]) for one in found]
    found = _ask(
        url, "query_range", query=expression, start=span.start, end=span.end, step=span.step
    )
    times = range(span.start, span.end + 1, span.step)
    return [_series(target, one["metric"], _filled(one["values"], times)) for one in found]


def _ask(url: str, what: str, **parameters: Any) -> list[dict[str, Any]]:
    address = f"{url.rstrip('/')}/api/v1/{what}?{urlencode(parameters)}"
    with urlopen(address, timeout=_TIMEOUT_SECONDS) as answer:
        result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return result


def _filled(points: list[Any], times: range) -> list[Any]:
    """A point for every time: a line must not bridge a gap."""
    known = {round(float(at)): value for at, value in points}
    return [(at, known.get(at, "NaN")) for at in times]


def _series(target: dict[str, Any], labels: dict[str, str], points: list[Any]) -> Series:
    legend = _LABEL.sub(lambda match: labels.get(match[1], ""), target["legendFormat"])
    values = [None if value in {"NaN", "+Inf", "-Inf"} else float(value) for _, value in points]
    return Series(legend, [round(float(at) * 1000) for at, _ in points], values)
