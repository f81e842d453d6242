"""What is on the pictures, and what the page is told beside what the queries found."""

import json
from typing import Any

import pytest

from charts.sources.dashboards.boards import BOARDS
from charts.sources.dashboards.build import text
from charts.sources.dashboards.panel import Board
from tests.shipping.dashboards.queries import Span, filled_in, named
from tests.shipping.pictures.draw import span_of
from tests.shipping.pictures.marks import Mark, of_series, stretches
from tests.shipping.pictures.shots import SHOTS, NothingToShowError, Shot, bottom, framed
from tests.shipping.pictures.told import choices, layers, lines, linked

_DASHBOARDS: dict[str, dict[str, Any]] = {board.uid: json.loads(text(board)) for board in BOARDS}
_STARTS = {
    "name": "Starts",
    "iconColor": "blue",
    "titleFormat": "{{instance}} started",
    "useValueForTime": True,
}
_ALERTS = {"name": "Alerts", "iconColor": "red", "titleFormat": "{{alertname}}"}


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_the_choices_are_those_that_a_person_sees(board: Board) -> None:
    """By their labels; the constant is none."""
    shown = {one["label"]: one["value"] for one in choices(json.loads(text(board)))}
    assert {"Data source": "Prometheus", "Namespace": "All", "Job": "All"}.items() <= shown.items()
    assert "runbooks" not in shown


def test_a_link_is_where_a_click_would_lead() -> None:
    """The address of the runbooks is in the place of the variable."""
    (board, *_) = [json.loads(text(board)) for board in BOARDS]
    panel = next(panel for panel in board["panels"] if panel["title"] == "Requests queue")
    (link,) = linked(panel, board)["links"]
    assert link["url"] == "docs/runbooks/OrderRelayQueueGrows.md"
    assert panel["links"][0]["url"].startswith("$")


def test_each_layer_says_what_it_has_once() -> None:
    """In the order of the dashboard; and which has nothing says so."""
    board = json.loads(text(BOARDS[0]))
    alerts = [Mark("Firing alerts", "red", name, 0, 60_000) for name in ("A", "B", "A")]
    shown = {layer["name"]: layer["texts"] for layer in layers(board, alerts)}
    assert list(shown) == ["Starts", "Deployments", "Firing alerts"]
    assert shown["Firing alerts"] == ["00:00 to 00:01 A", "00:00 to 00:01 B"]
    assert shown["Starts"] == []


def test_a_long_list_takes_more_lines() -> None:
    """So that the panels begin below it; one without anything has its line, too."""
    assert lines({"name": "Starts", "texts": []}) == 1
    assert lines({"name": "Starts", "texts": ["00:00 OrderRelayHeld"] * 9}) == 2


def test_points_are_at_whole_steps() -> None:
    """Inside what was recorded, and not closer than scrapes."""
    span = span_of(1_000_007, 1_001_802, 15)
    assert span == Span(1_000_020, 1_001_790, 15, 15)
    assert span.start % span.step == span.end % span.step == 0
    assert span_of(0, 3 * 3600, 60).step == 60


def test_windows_are_as_grafana_makes_them() -> None:
    """Four scrapes, or a step and a scrape; the range is that of the screen."""
    asked = "rate(a[$__rate_interval]) and increase(a[$__range])"
    assert filled_in(asked, Span(0, 1800, 15, 15)) == "rate(a[60s]) and increase(a[1800s])"
    assert filled_in(asked, Span(0, 1800, 300, 15)) == "rate(a[315s]) and increase(a[1800s])"
    assert named("after {{ delay }} s, {{gone}}", {"delay": "30"}) == "after 30 s, "


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


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_a_picture_begins_at_its_top(shot: Shot) -> None:
    """And the rows on it follow each other without a gap."""
    places = [panel["gridPos"] for panel in framed(_DASHBOARDS[shot.board], shot)]
    tops = sorted({place["y"] for place in places})
    ends = {place["y"] + place["h"] for place in places}
    assert tops[0] == 0
    assert set(tops[1:]) <= ends


def test_every_panel_is_on_a_picture() -> None:
    """Of both dashboards."""
    shown = {
        (shot.board, panel["title"])
        for shot in SHOTS
        for panel in framed(_DASHBOARDS[shot.board], shot)
    }
    assert shown == {
        (uid, panel["title"]) for uid, board in _DASHBOARDS.items() for panel in board["panels"]
    }


def test_rows_that_follow_each_other_stay_as_they_were() -> None:
    """All without any named, from the top of the dashboard."""
    whole = framed(_DASHBOARDS["order-relay"], Shot("all", "order-relay"))
    assert whole == _DASHBOARDS["order-relay"]["panels"]
    assert bottom(whole) > 50


def test_a_name_that_is_not_there_is_an_error() -> None:
    """Else a row that is renamed would be missing from its picture in silence."""
    board = _DASHBOARDS["order-relay"]
    with pytest.raises(NothingToShowError, match="one: no row A row"):
        framed(board, Shot("one", "order-relay", rows=("A row",)))
    with pytest.raises(NothingToShowError, match="one: no panel A panel"):
        framed(board, Shot("one", "order-relay", panel="A panel"))
