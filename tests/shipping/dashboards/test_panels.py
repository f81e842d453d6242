"""Every panel says what it shows, what is normal and what to do, and looks as the others do."""

import json
import re
from itertools import combinations
from typing import Any

import pytest

from charts.sources.dashboards.boards import BOARDS, panels
from charts.sources.dashboards.build import text
from charts.sources.dashboards.colours import COLOURS
from charts.sources.dashboards.panel import Panel, Shape
from service.flow.events.labels import HoldReason
from tests.shipping.rules.reading import ALERT_NAMES, ROOT

_PANELS = [
    pytest.param(panel, id=f"{board.uid}-{panel.title}")
    for board in BOARDS
    for panel in panels(board)
]
_BUILT: list[list[dict[str, Any]]] = [json.loads(text(board))["panels"] for board in BOARDS]
_SHOWN = [
    pytest.param(panel, id=f"{board.uid}-{panel['title']}")
    for board, built in zip(BOARDS, _BUILT, strict=True)
    for panel in built
    if panel["type"] != "row"
]


@pytest.mark.parametrize("panel", _PANELS)
def test_a_panel_explains_itself(panel: Panel) -> None:
    """In whole sentences of some length."""
    assert len(panel.what) > 25
    assert len(panel.normal) >= 5
    assert len(panel.otherwise) > 25
    assert all(part[-1] in ".?" for part in (panel.what, panel.normal, panel.otherwise))


@pytest.mark.parametrize("panel", _PANELS)
def test_no_more_series_than_can_be_told_apart(panel: Panel) -> None:
    """Ten at most, each of which has its colour."""
    names = [name for query in panel.queries for name in query.series]
    assert len(set(names)) == len(names) <= 10
    if panel.shape in {Shape.LINES, Shape.STACK, Shape.BARS}:
        assert set(names) <= COLOURS.keys()
        colours = [COLOURS[name] for name in names]
        assert len(set(colours)) == len(colours)


@pytest.mark.parametrize("panel", _PANELS)
def test_a_number_has_limits_or_names(panel: Panel) -> None:
    """A number without them would tell nobody whether it is well; so would a band."""
    if panel.shape is Shape.NUMBER:
        assert len(panel.steps) >= 2
        assert len({step.colour for step in panel.steps}) == len(panel.steps)
        values = [step.value for step in panel.steps]
        assert values[0] is None
        assert sorted(value for value in values[1:] if value is not None) == values[1:]
    if panel.shape is Shape.STATES:
        assert len(panel.states) == 2


@pytest.mark.parametrize("panel", _SHOWN)
def test_what_grafana_is_told_of_a_panel(panel: dict[str, Any]) -> None:
    """Title, unit, description, where its data comes from, and the runbook of an alert."""
    assert panel["title"]
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert "**Normal:**" in panel["description"]
    assert "**Otherwise:**" in panel["description"]
    runbook, *others = (link["url"].removeprefix("${runbooks}/") for link in panel["links"])
    assert runbook.removesuffix(".md") in ALERT_NAMES
    assert [one for one in others if not _is_there(one)] == []
    sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
    assert sources == [{"type": "prometheus", "uid": "${datasource}"}] * len(sources)


@pytest.mark.parametrize("built", _BUILT, ids=[board.uid for board in BOARDS])
def test_no_panel_lies_over_another(built: list[dict[str, Any]]) -> None:
    """Nor beyond the edge; and each has a number of its own."""
    places = [panel["gridPos"] for panel in built]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    assert [pair for pair in combinations(places, 2) if _overlap(*pair)] == []
    assert len({panel["id"] for panel in built}) == len(built)


@pytest.mark.parametrize("built", _BUILT, ids=[board.uid for board in BOARDS])
def test_every_line_is_full(built: list[dict[str, Any]]) -> None:
    """A gap would look like a panel that failed."""
    filled: dict[int, int] = {}
    for panel in built:
        place = panel["gridPos"]
        filled[place["y"]] = filled.get(place["y"], 0) + place["w"]
    assert set(filled.values()) == {24}


def test_overlaps_are_found() -> None:
    """Of a panel that begins inside another; neighbours are none."""
    one = {"x": 0, "y": 0, "w": 8, "h": 8}
    assert _overlap(one, {"x": 7, "y": 7, "w": 8, "h": 8})
    assert not _overlap(one, {"x": 8, "y": 0, "w": 8, "h": 8})
    assert not _overlap(one, {"x": 0, "y": 8, "w": 8, "h": 8})


def test_a_name_has_one_colour_everywhere() -> None:
    """On every panel of every dashboard that shows it."""
    seen: dict[str, set[str]] = {}
    for panel in (panel for built in _BUILT for panel in built if panel["type"] == "timeseries"):
        for override in panel["fieldConfig"]["overrides"]:
            look = {one["id"]: one["value"] for one in override["properties"]}
            seen.setdefault(override["matcher"]["options"], set()).add(look["color"]["fixedColor"])
    assert {name: colours for name, colours in seen.items() if len(colours) > 1} == {}
    wanted = {"accepted": "green", "rejected": "blue", "failed": "orange", "unknown": "red"}
    assert {name: seen[name] for name in wanted} == {name: {it} for name, it in wanted.items()}


def test_what_a_person_must_look_at_leads_to_how() -> None:
    """From the number of parked messages to each of them."""
    linked = {panel.title for board in BOARDS for panel in panels(board) if panel.links}
    assert linked == {"Parked messages", "Unrouted replies", "Left for a person"}


def test_a_hold_is_said_in_words() -> None:
    """Each reason by its name, the worst of several; and in the bands, not by colour alone."""
    (sending,) = (panel for panel in panels(BOARDS[0]) if panel.title == "Sending orders")
    assert {state.text for state in sending.states} == {"sending", *HoldReason}
    bands = [panel for built in _BUILT for panel in built if panel["type"] == "state-timeline"]
    assert {panel["options"]["showValue"] for panel in bands} == {"auto"}


def test_a_number_that_is_not_there_is_not_green() -> None:
    """Reading nothing is not well: it is grey, and says what it means."""
    numbers = [panel for built in _BUILT for panel in built if panel["type"] == "stat"]
    assert len(numbers) > 12
    for defaults in (panel["fieldConfig"]["defaults"] for panel in numbers):
        (nothing,) = (one["options"] for one in defaults["mappings"] if one["type"] == "special")
        assert nothing["match"] == "null+nan"
        assert nothing["result"]["text"] == defaults["noValue"]
        colours = {step["color"] for step in defaults["thresholds"]["steps"]}
        assert nothing["result"]["color"] not in colours


def _is_there(link: str) -> bool:
    """Whether a page beside the runbooks has this headline."""
    path, _, anchor = link.partition("#")
    text = (ROOT / "docs" / "runbooks" / path).resolve().read_text(encoding="utf-8")
    headlines = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return anchor in {re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in headlines}


def _overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )
