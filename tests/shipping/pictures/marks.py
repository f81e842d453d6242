"""A dashboard's marks in time, put together from what Prometheus answers as Grafana does it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from tests.shipping.dashboards.queries import Span, filled_in, named, of_span

STEP_SECONDS = 15
"""Of Grafana it is 60 unless told; in half an hour that is coarse."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that lasted from `begin` until `end`, or of a moment; milliseconds."""

    layer: str
    color: str
    text: str
    begin: int
    end: int

    def as_json(self) -> dict[str, Any]:
        """For a page to draw."""
        return {"color": self.color, "time": self.begin, "timeEnd": self.end}

    def said(self) -> str:
        """When, and what."""
        begin, end = _clock(self.begin), _clock(self.end)
        return f"{begin if begin == end else f'{begin} to {end}'} {self.text}"


def of_dashboard(url: str, dashboard: Mapping[str, Any], span: Span) -> list[Mark]:
    """All marks of a span, layer by layer, in order of time."""
    finer = replace(span, step=STEP_SECONDS)
    found = []
    for layer in dashboard["annotations"]["list"]:
        answer = of_span(url, filled_in(layer["expr"], finer), finer)
        marks = {mark for one in answer for mark in of_series(layer, one["metric"], one["values"])}
        within = (mark for mark in marks if span.start <= mark.end / 1000 <= span.end + 1)
        found += sorted(within, key=lambda mark: (mark.begin, mark.text))
    return found


def of_series(
    layer: Mapping[str, Any], labels: Mapping[str, str], points: Sequence[tuple[float, str]]
) -> Iterable[Mark]:
    """A value that says when, or each stretch in which a value is over 0."""
    text = named(layer["titleFormat"], labels)
    if layer.get("useValueForTime"):
        moments = sorted({round(float(value)) for _, value in points})
        return [Mark(layer["name"], layer["iconColor"], text, at, at) for at in moments]
    times = [round(float(at) * 1000) for at, value in points if float(value) > 0]
    return [
        Mark(layer["name"], layer["iconColor"], text, begin, end)
        for begin, end in stretches(times, STEP_SECONDS * 1000)
    ]


def stretches(times: Iterable[int], apart: int) -> list[tuple[int, int]]:
    """The first and last of those that are no further apart, one after the other."""
    found: list[tuple[int, int]] = []
    for time in times:
        if found and time - found[-1][1] <= apart:
            found[-1] = (found[-1][0], time)
        else:
            found.append((time, time))
    return found


def _clock(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%H:%M")
