"""Numbers measured several times, and how they are told: median, with the least and the most."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, once a round; a round's value is itself a median or a mean of many."""

    name: str
    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return median(self.values)

    @property
    def least(self) -> float:
        """The smallest."""
        return min(self.values)

    @property
    def most(self) -> float:
        """The largest."""
        return max(self.values)


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of one side in one workload."""

    workload: str
    side: str
    figures: tuple[Figure, ...]

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "workload": self.workload,
            "side": self.side,
            "figures": [
                {"name": each.name, "unit": each.unit, "median": each.median, "values": each.values}
                for each in self.figures
            ],
        }


def figure(name: str, unit: str, values: Iterable[float]) -> Figure:
    """A figure of at least one value."""
    return Figure(name, unit, tuple(values))


def ratio(name: str, above: Sequence[float], below: Sequence[float]) -> Figure:
    """Round by round, how many times the second one the first one was."""
    return figure(name, "x", (a / b for a, b in zip(above, below, strict=True)))


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that at least this share of the values does not exceed (nearest rank)."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def in_turns(each: Sequence[T], turn: int) -> Sequence[T]:
    """Every round begins with another one, so that none is always the first or the last."""
    first = turn % len(each)
    return [*each[first:], *each[:first]]
