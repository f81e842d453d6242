"""How soon after a fault's end an order is served: pure."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from itertools import accumulate
from statistics import median

from tests.trials.chaos.history import History


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
