"""What is on the pictures, and where."""

import json
from typing import Any

import pytest

from charts.sources.dashboards.boards import BOARDS
from charts.sources.dashboards.build import text
from tests.shipping.pictures.shots import SHOTS, NothingToShowError, Shot, bottom, framed

_DASHBOARDS: dict[str, dict[str, Any]] = {board.uid: json.loads(text(board)) for board in BOARDS}


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
