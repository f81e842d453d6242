"""Whether what a process holds stays the same while the same thing happens again and again: pure.

A leak adds something each time, so it is a slope; what comes and goes is noise around a level.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import linear_regression, median

from rich.table import Table

from tests.world.commands import table_of

WARM_UP_SHARE = 0.2
ENOUGH = 4
TASKS_A_HUNDRED = 1.0
FILES_A_HUNDRED = 1.0
KIB_A_HUNDRED = 400.0
TASKS_MORE, FILES_MORE, KIB_MORE = 6.0, 6.0, 1_500.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process held after `after` repetitions."""

    after: int
    tasks: int
    files: int
    resident_kib: int


@dataclass(frozen=True, slots=True)
class Bound:
    """One thing that is counted: how much it may grow in a hundred times, and in all."""

    name: str
    of: Callable[[Sample], float]
    a_hundred: float
    more: float


BOUNDS = (
    Bound("tasks", lambda sample: sample.tasks, TASKS_A_HUNDRED, TASKS_MORE),
    Bound("descriptors", lambda sample: sample.files, FILES_A_HUNDRED, FILES_MORE),
    Bound("memory, KiB", lambda sample: sample.resident_kib, KIB_A_HUNDRED, KIB_MORE),
)


@dataclass(frozen=True, slots=True)
class Trend:
    """How one thing went, after the warm-up."""

    name: str
    first: float
    last: float
    slope_a_hundred: float
    flat: bool


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The least-squares slope; 0 where all is at one place."""
    places, values = zip(*points, strict=True)
    return linear_regression(places, values).slope if len(set(places)) > 1 else 0.0


def trends(samples: Sequence[Sample]) -> list[Trend]:
    """What became of each thing; at least ENOUGH samples are needed to say."""
    # Without the first ones, while caches fill and the allocator finds its size.
    settled = samples[int(len(samples) * WARM_UP_SHARE) :]
    return [_trend(bound, settled) for bound in BOUNDS]


def _trend(bound: Bound, samples: Sequence[Sample]) -> Trend:
    points = [(sample.after, bound.of(sample)) for sample in samples]
    third = max(1, len(points) // 3)
    first, last = (median(v for _, v in some) for some in (points[:third], points[-third:]))
    a_hundred = 100 * slope(points)
    # Either alone is noise: a kept HTTP connection is a step, and a step in a short run a slope.
    grows = last - first > bound.more and a_hundred > bound.a_hundred
    return Trend(bound.name, first, last, a_hundred, not grows)


def table(title: str, found: Sequence[Trend]) -> Table:
    """A row for each thing."""
    shown = table_of(title, "first", "last", "per 100", "")
    for one in found:
        numbers = (f"{one.first:.0f}", f"{one.last:.0f}", f"{one.slope_a_hundred:.2f}")
        shown.add_row(one.name, *numbers, "flat" if one.flat else "NOT FLAT")
    return shown
