"""What the scrapes of some relays say together, and what is shown of it at a moment."""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from service.core.depths import Queues
from service.edges.telemetry import catalogue

NO_VALUE = math.nan
"""Of a metric that no relay has: it is shown as "-", and exceeds no bound."""
MOST = 1e18
"""No number of a relay is larger; beyond it sums and differences lose their sense."""

Labels = tuple[tuple[str, str], ...]
Samples = Mapping[str, Mapping[Labels, float]]
"""Values by metric, and by the names and values of the labels, in the order of the names."""


@dataclass(frozen=True, slots=True)
class Scrape:
    """The usable values of one process, and when they were read, by a clock that never stops."""

    monotonic_seconds: float
    values: Samples


@dataclass(frozen=True, slots=True)
class Flow:
    """What a counter counted in all, and since an earlier scrape if there is one; or a gauge."""

    total: float = NO_VALUE
    lately: float = 0.0
    per_second: float = NO_VALUE

    def __add__(self, other: "Flow") -> "Flow":
        rates = [rate for rate in (self.per_second, other.per_second) if rate >= 0]
        rate = sum(rates) if rates else NO_VALUE
        return Flow(self.total + other.total, self.lately + other.lately, rate)


@dataclass(frozen=True, slots=True)
class View:
    """What is known at a moment: by address the latest scrapes, or why a relay is silent."""

    at: datetime
    relays: Mapping[str, Sequence[Scrape]]
    silent: Mapping[str, str]
    queues: Queues

    def by(self, metric: catalogue.Metric | str, label: str, **where: str) -> Mapping[str, Flow]:
        """A metric by the values of `label`, summed over all others, where these labels say so."""
        flows: dict[str, Flow] = {}
        name = metric if isinstance(metric, str) else metric.name
        for labels, flow in (
            pair for scrapes in self.relays.values() for pair in _flows(scrapes, name)
        ):
            if where.items() <= labels.items():
                value = labels.get(label, "")
                flows[value] = flows[value] + flow if value in flows else flow
        return defaultdict(Flow, flows)

    def __getitem__(self, metric: catalogue.Metric | str) -> Flow:
        """A metric summed over all labels."""
        return self.by(metric, "")[""]

    def each(self, name: str, default: float, **labels: str) -> list[float]:
        """The value of a gauge with exactly these labels in each relay."""
        latest = (scrapes[-1].values.get(name, {}) for scrapes in self.relays.values())
        return [values.get(tuple(sorted(labels.items())), default) for values in latest]

    def quantiles(self, metric: catalogue.Metric) -> list[float]:
        """In seconds: half, 95 % and 99 % of what a histogram observed lately were no longer."""
        buckets: defaultdict[float, float] = defaultdict(float)
        for bound, flow in self.by(f"{metric.name}_bucket", "le").items():
            with suppress(ValueError):
                buckets[float(bound)] += flow.lately
        return [quantile(share, buckets) for share in (0.5, 0.95, 0.99)]

    @property
    def held(self) -> list[str]:
        """Why no new order is sent, by one relay at least."""
        reasons = self.by(catalogue.HELD, "reason").items()
        return sorted(reason for reason, flow in reasons if flow.total > 0)

    @property
    def uptime_seconds(self) -> float:
        """Of the relay that began last."""
        began = max(self.each(catalogue.PROCESS_START, 0.0))
        # Another machine's clock may be ahead of ours.
        return max(0.0, self.at.timestamp() - began) if began else NO_VALUE


def seconds_of(scrapes: Sequence[Scrape]) -> float:
    """The time from the first to the last; 0 where no rate can be had of it."""
    return max(0.0, scrapes[-1].monotonic_seconds - scrapes[0].monotonic_seconds)


def _flows(scrapes: Sequence[Scrape], name: str) -> Iterator[tuple[dict[str, str], Flow]]:
    """Each series of a metric by its labels, resets left out as PromQL's `increase` does."""
    seconds, latest = seconds_of(scrapes), scrapes[-1].values
    earlier = scrapes[0].values if len(scrapes) > 1 else {}
    if earlier.get(catalogue.PROCESS_START) != latest.get(catalogue.PROCESS_START):
        # Another process answered this time: it began at 0.
        earlier = {}
    for labels, value in latest.get(name, {}).items():
        before = earlier.get(name, {}).get(labels, 0.0)
        lately = max(0.0, value if value < before else value - before)
        yield dict(labels), Flow(value, lately, lately / seconds if seconds else NO_VALUE)


def quantile(share: float, buckets: Mapping[float, float]) -> float:
    """The `share` quantile of cumulative counts by upper bound, as PromQL's histogram_quantile."""
    bounds = sorted(bound for bound in buckets if bound >= -MOST)
    # Buckets are scraped one after the other: a count may be a little behind the one below it.
    counts = list(accumulate((buckets[bound] for bound in bounds), max))
    if bounds[-1:] != [math.inf] or not bounds[:-1] or counts[-1] <= 0:
        return NO_VALUE
    rank = share * counts[-1]
    at = bisect_left(counts, rank)
    if at == len(bounds) - 1:
        # What is beyond the last bound has no upper end to interpolate to.
        return bounds[-2]
    start, below = (bounds[at - 1], counts[at - 1]) if at else (min(0.0, bounds[0]), 0.0)
    return start + (bounds[at] - start) * (rank - below) / (counts[at] - below)
