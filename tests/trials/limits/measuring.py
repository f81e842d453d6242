"""What the calls that an API has noted say of who made them: pure; times are in seconds."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from tests.trials.bench.figures import percentile
from tests.world.standin.answers import Kind

WINDOW_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Call:
    """A call: when it came, for which order, with whose key, and what became of it.

    A worker of the API had it from `began` to `ended`, unless it was throttled.
    """

    at: float
    order: str
    by: str
    answered: str
    began: float
    ended: float

    @classmethod
    def read(cls, noted: Mapping[str, Any]) -> Self:
        """From its line in the stand-in's `GET /calls`."""
        at = noted["monotonic_seconds"]
        began = noted["began_seconds"] or at
        ended = noted["ended_seconds"] or began
        return cls(at, noted["request_id"], noted["key"], noted["answered"] or "", began, ended)

    @property
    def served(self) -> bool:
        """Whether it was answered with an order."""
        return self.answered in {Kind.PLACED, Kind.REPEATED}


def between(calls: Iterable[Call], since: float, until: float) -> list[Call]:
    """Those that came in this time."""
    return [call for call in calls if since <= call.at < until]


def delivered(calls: Iterable[Call], rate: float, since: float, until: float) -> float:
    """The share of what the API would have served in this time that it did serve."""
    return sum(call.served for call in between(calls, since, until)) / (rate * (until - since))


def throttled(calls: Iterable[Call], since: float, until: float) -> float:
    """The share of the calls in this time that were refused for the limit."""
    part = between(calls, since, until)
    return sum(call.answered == Kind.THROTTLED for call in part) / len(part) if part else 0.0


def busiest(calls: Iterable[Call], rate: float, seconds: float = WINDOW_SECONDS) -> float:
    """The share of the rate that was called for in the stretch of `seconds` with most calls."""
    times = sorted(call.at for call in calls)
    counts = (bisect_left(times, at + seconds) - place for place, at in enumerate(times))
    return max(counts, default=0) / (rate * seconds)


def back_after(
    calls: Iterable[Call], rate: float, since: float, until: float, *, least: float = 0.95
) -> float:
    """How long after `since` a stretch of WINDOW_SECONDS begins that has its share served."""
    times = sorted(call.at for call in calls if call.served)
    for at in [since, *(at for at in times if since < at <= until - WINDOW_SECONDS)]:
        served = bisect_left(times, at + WINDOW_SECONDS) - bisect_left(times, at)
        if served >= least * rate * WINDOW_SECONDS:
            return at - since
    return float("inf")


def strayed(calls: Iterable[Call], disturbed: Collection[str], since: float) -> int:
    """The calls of those that were disturbed, for orders that others were served for since then.

    Such an order was another's. One that was called for before it was taken away is no such: the
    other one must ask again.
    """
    count, served_for = 0, dict[str, str]()
    for call in sorted(calls, key=lambda call: call.at):
        first = served_for.get(call.order)
        count += call.by in disturbed and first is not None and first != call.by
        if call.served and call.at >= since:
            served_for.setdefault(call.order, call.by)
    return count


def overtaken_by(sent: Sequence[str], calls: Iterable[Call]) -> int:
    """By how many of these orders the one was overtaken that was overtaken by most."""
    wanted = set(sent)
    served = dict.fromkeys(
        call.order
        for call in sorted(calls, key=lambda call: call.at)
        if call.served and call.order in wanted
    )
    places = {order: place for place, order in enumerate(served)}
    lateness = (places[order] - place for place, order in enumerate(sent) if order in places)
    return max(lateness, default=0)


def times_its_own(
    calls: Iterable[Call], latency_seconds: float, since: float, until: float
) -> float:
    """How many times as long as the API takes to serve one did a call take, at the 99th percentile.

    The difference is the time in which no worker was free. The API itself is as slow as it is
    told to be, or slower where its process was not let run.
    """
    part = [call for call in between(calls, since, until) if call.served]
    if not part:
        return float("inf")
    whole = percentile([call.ended - call.at for call in part], 0.99)
    own = percentile([call.ended - call.began for call in part], 0.99)
    return whole / max(own, latency_seconds)


def late_by(calls: Iterable[Call], latency_seconds: float) -> float:
    """How much longer than its latency the API itself took for a call, at most.

    So long it stood still itself: then calls that were evenly spaced arrived all at once.
    """
    worked = (call.ended - call.began for call in calls if call.served)
    return max((seconds - latency_seconds for seconds in worked), default=0.0)
