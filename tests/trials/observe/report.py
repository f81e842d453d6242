"""What a run has shown, whether all is as it must be, and the tables of it; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Group
from rich.table import Table

from tests.trials.observe.cardinality import Cardinality
from tests.trials.observe.expressions import Verdict
from tests.trials.observe.scenes import Sighting
from tests.world.commands import table_of


@dataclass(frozen=True, slots=True)
class Report:
    """All of it; a part that was left out is None, or has nothing in it."""

    sightings: Sequence[Sighting]
    verdicts: Sequence[Verdict] = ()
    cardinality: Cardinality | None = None
    metrics_problem: str | None = None
    """What promtool had to say about a relay's page, empty for nothing; None if not asked."""

    @property
    def good(self) -> bool:
        """Whether everything that was tried is as it must be."""
        return bool(
            self.sightings
            and all(one.good or one.impossible for one in self.sightings)
            and not any(one.problem for one in self.verdicts)
            and (self.cardinality is None or self.cardinality.good)
            and not self.metrics_problem
        )

    def problems(self) -> list[str]:
        """A line for each thing that is not as it must be."""
        lines = [
            f"{one.alert.name} ({one.alert.severity}): {one.problem or 'did not come to its end'}"
            for one in self.sightings
            if not (one.good or one.impossible)
        ]
        lines += [
            f"{one.question.where}: {one.problem}\n    {one.question.expression}"
            for one in self.verdicts
            if one.problem
        ]
        if self.cardinality and not self.cardinality.good:
            lines.append(f"series: {self.cardinality}")
        if self.metrics_problem:
            lines.append(f"promtool check metrics: {self.metrics_problem}")
        return lines


def tables(report: Report) -> Group:
    """Expressions by where they stand, alerts by when they fired, and the counts of series."""
    parts = [_alerts(report.sightings)]
    if report.verdicts:
        parts.insert(0, _expressions(report.verdicts))
    if report.cardinality:
        parts.append(_series(report.cardinality))
    if report.metrics_problem is not None:
        parts.append(table_of("promtool check metrics", "says"))
        parts[-1].add_row("a relay's /metrics", report.metrics_problem or "nothing: clean")
    return Group(*parts)


def _expressions(verdicts: Iterable[Verdict]) -> Table:
    table = table_of("expressions", "asked", "answered", "rightly empty", "failed")
    by_group: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_group.setdefault(verdict.question.group, []).append(verdict)
    for group, some in by_group.items():
        failed = sum(bool(one.problem) for one in some)
        empty = sum(bool(one.rightly_empty) for one in some)
        counts = (len(some), len(some) - failed - empty, empty, failed)
        table.add_row(group, *(str(number) for number in counts))
    return table


def _alerts(sightings: Iterable[Sighting]) -> Table:
    table = table_of("alert", "severity", "fired after", "ended after")
    table.add_column("caused by", overflow="fold")
    for one in sorted(sightings, key=lambda sighting: sighting.alert):
        name = one.alert.name.removeprefix("OrderRelay")
        times = (_seconds(one.fired_after), _seconds(one.resolved_after))
        table.add_row(name, one.alert.severity, *times, _cause(one))
    return table


def _cause(one: Sighting) -> str:
    if one.impossible:
        return f"{one.cause}: cannot be done on this machine: {one.impossible}"
    return one.cause if one.good else f"{one.cause}: {one.problem or 'not seen to its end'}"


def _series(counted: Cardinality) -> Table:
    table = table_of("series of one relay", "before", f"after {counted.sent:,} messages", "at most")
    most = f"{counted.bound:,}"
    table.add_row("on its page", f"{counted.page_before:,}", f"{counted.page_after:,}", most)
    stored = f"{counted.prometheus_before:,}", f"{counted.prometheus_after:,}"
    table.add_row("in Prometheus", *stored, most)
    return table


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} s"
