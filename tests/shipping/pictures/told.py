"""What the page is told: a part of a dashboard, what its queries found, and how large it is."""

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any

from tests.shipping.dashboards.fill_in import fill_in
from tests.shipping.dashboards.queries import Span, of_panel
from tests.shipping.pictures import marks
from tests.shipping.pictures.shots import Shot, bottom, framed

_UNIT_PIXELS = 38
_TOP_PIXELS = 96
_LINE_PIXELS = 20
_LINE_LETTERS = 190
"""So many letters of a head are sure to fit beside each other."""

_BOTTOM_PIXELS = 8
_HIDDEN = 2


def told(url: str, dashboard: Mapping[str, Any], shot: Shot, span: Span) -> dict[str, Any]:
    """Everything that is on one picture, but for its width and its theme."""
    panels = framed(dashboard, shot)
    marked = marks.of_dashboard(url, dashboard, span)
    shown = layers(dashboard, marked)
    return {
        "dashboard": {**dashboard, "panels": [linked(panel, dashboard) for panel in panels]},
        "series": {
            panel["id"]: [one.as_json() for one in of_panel(url, panel, span)] for panel in panels
        },
        "choices": choices(dashboard),
        "layers": shown,
        "marks": [mark.as_json() for mark in marked],
        "opened": panels[0]["id"] if shot.panel else None,
        "from": span.start * 1000,
        "to": span.end * 1000,
        "unit": _UNIT_PIXELS,
        "top": _TOP_PIXELS + _LINE_PIXELS * sum(lines(layer) for layer in shown),
    }


def height(page: Mapping[str, Any]) -> int:
    """Of the picture, in pixels."""
    return int(page["top"]) + bottom(page["dashboard"]["panels"]) * _UNIT_PIXELS + _BOTTOM_PIXELS


def linked(panel: Mapping[str, Any], dashboard: Mapping[str, Any]) -> dict[str, Any]:
    """The panel with the constants of its dashboard in its links."""
    constants = {
        one["name"]: one["query"]
        for one in dashboard["templating"]["list"]
        if one["type"] == "constant"
    }
    links = [{**link, "url": fill_in(link["url"], **constants)} for link in panel.get("links", [])]
    return {**panel, "links": links}


def choices(dashboard: Mapping[str, Any]) -> list[dict[str, str]]:
    """The variables that a person sees at the top, as they are at first."""
    seen = [one for one in dashboard["templating"]["list"] if one.get("hide") != _HIDDEN]
    return [{"label": one["label"], "value": _chosen(one)} for one in seen]


def layers(dashboard: Mapping[str, Any], marked: Iterable[marks.Mark]) -> list[dict[str, Any]]:
    """Each kind of mark with its colour, and what there is of it, each thing once."""
    known = list(marked)
    return [
        {
            "name": layer["name"],
            "color": layer["iconColor"],
            "texts": list(dict.fromkeys(m.said() for m in known if m.layer == layer["name"])),
        }
        for layer in dashboard["annotations"]["list"]
    ]


def lines(layer: Mapping[str, Any]) -> int:
    """How many lines a layer's words take at most."""
    letters = len(f"{layer['name']}: {', '.join(layer['texts'])}")
    return ceil(letters / _LINE_LETTERS)


def _chosen(variable: Mapping[str, Any]) -> str:
    if variable["type"] == "datasource":
        return "Prometheus"
    text = variable["current"]["text"]
    return ", ".join(text) if isinstance(text, list) else str(text)
