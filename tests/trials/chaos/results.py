"""A run in numbers, for people and for `results.json`."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from statistics import median
from typing import Any

from rich.table import Table

from tests.trials.chaos.checker import Verdict
from tests.trials.chaos.history import History

PROBLEMS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Result:
    """What is kept of one run.

    `missed` counts the faults that could not strike, by kind; `violations` and `remarks` what the
    checker found, by kind, that makes a run a failure, and that does not; `problems` are what is
    wrong besides the histories of orders.
    """

    scenario: str
    seed: int
    orders: int
    replies: int
    repeated: int
    statuses: Mapping[str, int]
    calls: int
    unconfirmed: int
    parked: int
    faults: Mapping[str, int]
    missed: Mapping[str, int]
    violations: Mapping[str, int]
    remarks: Mapping[str, int]
    problems: Sequence[str]
    recovery_medians_seconds: Mapping[str, float]
    quiet_after_seconds: float | None
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not any(self.violations.values()) and not self.problems

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def result_of(
    history: History,
    verdict: Verdict,
    *,
    missed: Mapping[str, int],
    problems: Sequence[str],
    seconds: float,
) -> Result:
    """The numbers of a run."""
    first = {told.request_id: told.status for told in reversed(history.told)}
    quiet_at, ended_at = history.ending.quiet_at, history.ending.faults_ended_at
    return Result(
        scenario=history.scenario,
        seed=history.seed,
        orders=len({sent.request_id for sent in history.sent}),
        replies=len(first),
        repeated=len(history.told) - len(first),
        statuses=dict(Counter(first.values())),
        calls=len(history.called),
        unconfirmed=sum(sent.confirmed_at is None for sent in history.sent),
        parked=sum(found.queue == "orders.parked" for found in history.found),
        faults=dict(sorted(Counter(fault.kind for fault in history.inflicted).items())),
        missed=dict(sorted(missed.items())),
        violations={kind: count for kind, count in verdict.by_kind.items() if kind.fails},
        remarks={kind: count for kind, count in verdict.by_kind.items() if not kind.fails},
        problems=list(problems),
        recovery_medians_seconds=medians(recovery_seconds(history)),
        quiet_after_seconds=None if quiet_at is None else round(max(0.0, quiet_at - ended_at), 1),
        seconds=round(seconds, 1),
    )


def sentences(result: Result) -> list[str]:
    """The run in lines, what is wrong last."""
    statuses = ", ".join(f"{count} {status}" for status, count in sorted(result.statuses.items()))
    struck = ", ".join(f"{kind} {count}" for kind, count in result.faults.items())
    recovered = ", ".join(
        f"{kind} {seconds:.2f} s" for kind, seconds in result.recovery_medians_seconds.items()
    )
    quiet = result.quiet_after_seconds
    return [
        f"orders: {result.orders} ({result.unconfirmed} publishes unconfirmed)",
        f"replies: {result.replies} ({statuses}), {result.repeated} more were repeats",
        f"calls of the API: {result.calls}; parked: {result.parked}",
        f"faults: {sum(result.faults.values())} of {len(result.faults)} kinds: {struck}",
        f"faults that could not strike: {sum(result.missed.values())}",
        f"recovery, medians: {recovered}",
        "quiet: never" if quiet is None else f"quiet: {quiet:g} s after the last fault",
        *(f"no failure: {count} {name}" for name, count in result.remarks.items() if count),
        *(f"BROKEN: {count} {name}" for name, count in result.violations.items() if count),
        *(f"WRONG: {problem}" for problem in result.problems[:PROBLEMS_SHOWN]),
        *(["All is well."] if result.clean else []),
    ]


def table(results: Sequence[Result]) -> Table:
    """One line a run."""
    shown = Table("scenario", "seed", "orders", "faults", "kinds", "broken", "seconds")
    for result in results:
        broken = ", ".join(f"{count} {name}" for name, count in result.violations.items() if count)
        shown.add_row(
            result.scenario,
            str(result.seed),
            f"{result.orders:,}",
            str(sum(result.faults.values())),
            str(len(result.faults)),
            broken or (f"{len(result.problems)} problems" if result.problems else "nothing"),
            f"{result.seconds:.0f}",
        )
    return shown


def recovery_seconds(history: History) -> dict[str, list[float]]:
    """By kind, the seconds from each fault's end to the first order served after it.

    Served is an order whose last call before its first reply reached the API after the fault's
    end. A fault after which nothing was served says nothing. Faults overlap: what one left behind
    may be hidden, or made longer, by another.
    """
    called, replied = _served(history)
    # For each order the earliest reply to it or to any that was called later.
    earliest = list(accumulate(reversed(replied), min))[::-1]
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for fault in history.inflicted:
        place = bisect_left(called, fault.ended_at)
        if place < len(called):
            seconds[fault.kind].append(earliest[place] - fault.ended_at)
    return dict(seconds)


def _served(history: History) -> tuple[list[float], list[float]]:
    """When each order that was served was called for, ascending, and when its reply came."""
    calls: defaultdict[str, list[float]] = defaultdict(list)
    for call in history.called:
        calls[call.request_id].append(call.arrived_at)
    first: dict[str, float] = {}
    for told in sorted(history.told, key=lambda reply: reply.arrived_at):
        if told.where == "replies":
            first.setdefault(told.request_id, told.arrived_at)
    pairs = []
    for request_id, arrived_at in first.items():
        moments = sorted(calls[request_id])
        place = bisect_right(moments, arrived_at)
        if place:
            pairs.append((moments[place - 1], arrived_at))
    pairs.sort()
    return [called for called, _ in pairs], [replied for _, replied in pairs]


def medians(seconds: dict[str, list[float]]) -> dict[str, float]:
    """The median of each kind, to the millisecond."""
    return {kind: round(median(values), 3) for kind, values in sorted(seconds.items())}
