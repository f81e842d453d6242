"""What a dashboard is made of, apart from how Grafana writes it down."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any


class Shape(Enum):
    """How a panel shows its series."""

    NUMBER = auto()
    """One number of now, coloured by its limits."""
    LINES = auto()
    """A line a series."""
    STACK = auto()
    """Areas on top of each other: their sum means something, too."""
    BARS = auto()
    """Stacked bars, for events that are few."""
    STATES = auto()
    """A band a series, whose values have names."""


@dataclass(frozen=True, slots=True)
class Query:
    """A PromQL expression; `legend` may name labels as `{{label}}`, and gives these `names`.

    With `exemplars`, single orders are shown as points that lead to their trace.
    """

    expression: str
    legend: str
    names: tuple[str, ...] = ()
    exemplars: bool = False

    @property
    def series(self) -> tuple[str, ...]:
        """The names of all series that there can be."""
        return self.names or (self.legend,)


@dataclass(frozen=True, slots=True)
class Step:
    """From `value` on (None: from below all), the number has this colour."""

    value: float | None
    colour: str


@dataclass(frozen=True, slots=True)
class State:
    """What a value of a panel of states, or of a number that stands for a state, is called."""

    value: int
    text: str
    colour: str


@dataclass(frozen=True, slots=True)
class Link:
    """A page beside the runbooks, by its path from there."""

    title: str
    path: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel; `normal` and `otherwise` end its description, `runbook` is an alert's name.

    `none` is shown where there is no series, and a number that is `tall` is as high as a graph.
    """

    title: str
    what: str
    normal: str
    otherwise: str
    runbook: str
    queries: tuple[Query, ...]
    shape: Shape
    unit: str = "none"
    width: int = 8
    steps: tuple[Step, ...] = ()
    states: tuple[State, ...] = ()
    decimals: int | None = None
    none: str = "nothing yet"
    tall: bool = False
    links: tuple[Link, ...] = ()

    @property
    def description(self) -> str:
        """What is shown, what is normal, and what to do when it is not."""
        return f"{self.what}\n\n**Normal:** {self.normal}\n\n**Otherwise:** {self.otherwise}"


def graph(
    title: str, what: str, normal: str, otherwise: str, runbook: str, *queries: Query, **more: Any
) -> Panel:
    """A panel of lines, unless it has another shape."""
    return Panel(title, what, normal, otherwise, runbook, queries, **{"shape": Shape.LINES, **more})


def number(
    title: str,
    expression: str,
    what: str,
    normal: str,
    otherwise: str,
    runbook: str,
    steps: tuple[Step, ...],
    **more: Any,
) -> Panel:
    """A panel of one number, whose series is called like it."""
    queries, shape = (Query(expression, title),), Shape.NUMBER
    return Panel(title, what, normal, otherwise, runbook, queries, shape, steps=steps, **more)


@dataclass(frozen=True, slots=True)
class Row:
    """A headline with its panels, each line of which is 24 wide."""

    title: str
    panels: tuple[Panel, ...]


def row(title: str, *panels: Panel) -> Row:
    """A row of these panels."""
    return Row(title, panels)


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard; `since` is how far back it looks at first.

    One that is `of_queues` lets choose which of RabbitMQ's queues are meant.
    """

    uid: str
    title: str
    description: str
    since: str
    refresh: str
    of_queues: bool
    rows: tuple[Row, ...]
