"""The files of the chart are what the code makes of the dashboards."""

import json
from pathlib import Path

import pytest

from charts.sources.dashboards.boards import BOARDS, FOLDER, files
from charts.sources.dashboards.build import text
from charts.sources.dashboards.panel import Board

_TEMPLATE = FOLDER.parent / "templates" / "monitoring" / "dashboard.yaml"


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_a_file_is_up_to_date(path: Path) -> None:
    """Byte for byte; `python -m charts.sources.dashboards` writes it."""
    assert path.read_bytes() == files()[path].encode()


def test_the_folder_has_nothing_else() -> None:
    """A file that no code makes would never change again."""
    assert set(FOLDER.iterdir()) == set(files())


def test_the_chart_installs_every_file() -> None:
    """Its template names them."""
    template = _TEMPLATE.read_text(encoding="utf-8")
    for path in files():
        assert f'"{path.stem}"' in template


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_the_top_of_a_dashboard(board: Board) -> None:
    """Its choices, its marks in time, one crosshair for all panels, and when it looks again."""
    built = json.loads(text(board))
    assert [one["name"] for one in built["templating"]["list"]] == [
        *("datasource", "namespace", "job", "instance"),
        *(("vhost", "topology") if "rabbitmq_" in text(board) else ()),
        "runbooks",
    ]
    marks = [one["name"] for one in built["annotations"]["list"]]
    assert marks == ["Starts", "Deployments", "Firing alerts"]
    assert built["graphTooltip"] == 1
    assert (built["time"], built["refresh"]) == ({"from": board.since, "to": "now"}, board.refresh)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_a_choice_is_of_all_at_first_and_lets_absent_labels_through(board: Board) -> None:
    """Where Prometheus adds no namespace, the list is empty; the pattern of "all" still fits."""
    choices = json.loads(text(board))["templating"]["list"][1:-1]
    assert all(one["multi"] and one["includeAll"] for one in choices)
    assert {one["allValue"] for one in choices} == {".*"}
    assert [one["current"]["value"] for one in choices] == [["$__all"]] * len(choices)
    hidden = json.loads(text(board))["templating"]["list"][-1]
    assert (hidden["hide"], hidden["type"]) == (2, "constant")
    assert hidden["query"] == "docs/runbooks"
