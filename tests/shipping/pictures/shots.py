"""Which part of which dashboard is on which picture."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from charts.sources.dashboards.orders import ORDERS
from charts.sources.dashboards.slo import SLO

BESIDE = 14
"""So wide is a panel beside its description, of the 24 of a dashboard."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: rows of a dashboard by their titles (all without any), or one panel, described."""

    name: str
    board: str
    rows: Sequence[str] = ()
    panel: str | None = None


def _rows(*numbers: int) -> tuple[str, ...]:
    return tuple(ORDERS.rows[number].title for number in numbers)


SHOTS = (
    Shot("orders-overview", ORDERS.uid, _rows(0, 1)),
    Shot("orders-waiting", ORDERS.uid, _rows(2)),
    Shot("orders-api", ORDERS.uid, _rows(3)),
    Shot("orders-broker-and-process", ORDERS.uid, _rows(4, 5)),
    Shot("orders-panel", ORDERS.uid, panel="Oldest order waiting"),
    Shot("slo", SLO.uid),
)


class NothingToShowError(ValueError):
    """A shot names a row or a panel that its dashboard does not have."""


def framed(dashboard: Mapping[str, Any], shot: Shot) -> list[dict[str, Any]]:
    """The panels that are on the picture, at their places on it."""
    panels: list[dict[str, Any]] = dashboard["panels"]
    if shot.panel is not None:
        found = [_alone(panel) for panel in panels if panel["title"] == shot.panel]
        if not found:
            raise NothingToShowError(f"{shot.name}: no panel {shot.panel}")
        return found
    known = [row[0]["title"] for row in _by_row(panels)]
    if missing := set(shot.rows) - set(known):
        raise NothingToShowError(f"{shot.name}: no row {', '.join(sorted(missing))}")
    top, found = 0, []
    for row in _by_row(panels):
        if shot.rows and row[0]["title"] not in shot.rows:
            continue
        above = row[0]["gridPos"]["y"] - top
        for panel in row:
            place = panel["gridPos"]
            found.append(panel | {"gridPos": {**place, "y": place["y"] - above}})
        top = bottom(found)
    return found


def bottom(panels: Sequence[Mapping[str, Any]]) -> int:
    """Where the lowest panel ends, in units of the grid."""
    return max(int(panel["gridPos"]["y"] + panel["gridPos"]["h"]) for panel in panels)


def _by_row(panels: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    starts = [at for at, panel in enumerate(panels) if panel["type"] == "row"]
    for start, end in pairwise([*starts, len(panels)]):
        yield list(panels[start:end])


def _alone(panel: dict[str, Any]) -> dict[str, Any]:
    return panel | {"gridPos": {"x": 0, "y": 0, "w": BESIDE, "h": panel["gridPos"]["h"]}}
