"""How soon after a fault's end an order is served that was sent after it: pure."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate
from statistics import median

from tests.chaos.history import History


def recovery_seconds(history: History) -> dict[str, list[float]]:
    """By kind, the seconds from each fault's end to the first reply to an order sent later.

    A fault after which no order was sent says nothing. Faults overlap: what one left behind may be
    hidden, or made longer, by another.
    """
    replied: dict[str, float] = {}
    for told in history.told:
        if told.where == "replies":
            replied.setdefault(told.request_id, told.arrived_at)
    pairs = sorted(
        (sent.began_at, replied[sent.request_id])
        for sent in history.sent
        if sent.request_id in replied and replied[sent.request_id] >= sent.began_at
    )
    begun = [began for began, _ in pairs]
    # For each order the earliest reply to it or any later one.
    earliest = list(accumulate((arrived for _, arrived in reversed(pairs)), min))[::-1]
    return _by_kind(history, begun, earliest)


def _by_kind(
    history: History, begun: Sequence[float], earliest: Sequence[float]
) -> dict[str, list[float]]:
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for fault in history.inflicted:
        place = bisect_left(begun, fault.ended_at)
        if place < len(begun):
            seconds[fault.kind].append(earliest[place] - fault.ended_at)
    return dict(seconds)


def medians(seconds: dict[str, list[float]]) -> dict[str, float]:
    """The median of each kind, to the millisecond."""
    return {kind: round(median(values), 3) for kind, values in sorted(seconds.items())}
