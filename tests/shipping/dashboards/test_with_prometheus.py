"""A real Prometheus reads every expression, and finds data for every panel in a sample."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from charts.sources.dashboards.boards import BOARDS
from charts.sources.dashboards.build import text
from charts.sources.dashboards.colours import COLOURS
from charts.sources.dashboards.panel import Board
from tests.shipping.dashboards import queries, sample
from tests.shipping.dashboards.fill_in import fill_in
from tests.world.prometheus import Prometheus, is_installed, running

_END = datetime(2026, 1, 15, 12, tzinfo=UTC)
_LAST = round(_END.timestamp())
_SPAN = queries.Span(_LAST - 10_500, _LAST, 300)

pytestmark = pytest.mark.skipif(not is_installed(), reason="there is no prometheus here")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that knows the three hours of the sample."""
    folder: Path = tmp_path_factory.mktemp("blocks")
    sample.write_blocks(folder, _END)
    with running(folder) as started:
        yield started


def _panels(board: Board) -> list[dict[str, Any]]:
    built: dict[str, Any] = json.loads(text(board))
    return [panel for panel in built["panels"] if panel["type"] != "row"]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_every_panel_finds_data(server: Prometheus, board: Board) -> None:
    """At most ten series, all of them with names that the colours know."""
    for panel in _panels(board):
        found = queries.of_panel(server.url, panel, _SPAN)
        legends = [series.legend for series in found]
        assert any(value is not None for series in found for value in series.values), panel["title"]
        assert len(legends) == len(set(legends)) <= 10, panel["title"]
        if panel["type"] == "timeseries":
            assert set(legends) <= COLOURS.keys(), panel["title"]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_the_marks_in_time_can_be_read(server: Prometheus, board: Board) -> None:
    """Prometheus parses them; what it cannot, it answers with an error."""
    for mark in json.loads(text(board))["annotations"]["list"]:
        query = urlencode({"query": fill_in(mark["expr"])})
        with urlopen(f"{server.url}/api/v1/format_query?{query}", timeout=60) as answer:
            assert json.load(answer)["status"] == "success", mark["name"]
