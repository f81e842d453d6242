"""Both dashboards, and the files of the chart that they are kept in."""

from pathlib import Path

from charts.sources.dashboards.build import text
from charts.sources.dashboards.orders import ORDERS
from charts.sources.dashboards.panel import Board, Panel
from charts.sources.dashboards.slo import SLO

FOLDER = Path(__file__).resolve().parents[2] / "order-relay" / "dashboards"
BOARDS = (ORDERS, SLO)


def files() -> dict[Path, str]:
    """Every file and what it should be."""
    return {FOLDER / f"{board.uid}.json": text(board) for board in BOARDS}


def panels(board: Board) -> list[Panel]:
    """All panels of a dashboard, from the top."""
    return [panel for row in board.rows for panel in row.panels]
