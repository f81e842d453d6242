"""A real Prometheus reads every expression, and finds data for every panel in a sample."""

import json
from typing import Any

import pytest

from charts.sources.dashboards.boards import BOARDS
from charts.sources.dashboards.build import text
from charts.sources.dashboards.colours import COLOURS
from charts.sources.dashboards.panel import Board
from tests.shipping.dashboards import queries, sample
from tests.shipping.dashboards.fill_in import fill_in
from tests.world.prometheus import Prometheus

_SPAN = queries.Span(sample.END - 10_500, sample.END, 300)


def _panels(board: Board) -> list[dict[str, Any]]:
    built: dict[str, Any] = json.loads(text(board))
    return [panel for panel in built["panels"] if panel["type"] != "row"]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_every_panel_finds_data(sampled: Prometheus, board: Board) -> None:
    """At most ten series, all of them with names that the colours know."""
    for panel in _panels(board):
        found = queries.of_panel(sampled.url, panel, _SPAN)
        legends = [series.legend for series in found]
        assert any(value is not None for series in found for value in series.values), panel["title"]
        assert len(legends) == len(set(legends)) <= 10, panel["title"]
        if panel["type"] == "timeseries":
            assert set(legends) <= COLOURS.keys(), panel["title"]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_the_marks_in_time_can_be_read(sampled: Prometheus, board: Board) -> None:
    """Prometheus parses them; what it cannot, it answers with an error."""
    for mark in json.loads(text(board))["annotations"]["list"]:
        assert queries.ask(sampled.url, "format_query", query=fill_in(mark["expr"])), mark["name"]
