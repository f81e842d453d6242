"""Quantiles out of a histogram's buckets, by the rules of PromQL's `histogram_quantile`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Quantiles:
    """In seconds: half, 95 % and 99 % of the observations were no longer than these."""

    p50: float
    p95: float
    p99: float


def quantiles(buckets: Mapping[float, float]) -> Quantiles | None:
    """The three of a histogram; None where it observed nothing or is incomplete."""
    found = [quantile(share, buckets) for share in (0.5, 0.95, 0.99)]
    match found:
        case [float(p50), float(p95), float(p99)]:
            return Quantiles(p50, p95, p99)
        case _:
            return None


def quantile(share: float, buckets: Mapping[float, float]) -> float | None:
    """The `share` quantile, 0 < share < 1, of cumulative counts by upper bound.

    https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
    """
    bounds = sorted(buckets)
    if len(bounds) < 2 or bounds[-1] != math.inf:  # noqa: PLR2004 - the bound and +Inf
        return None
    # Buckets are scraped one after the other: a count may be a little behind the one below it.
    counts = list(accumulate((buckets[bound] for bound in bounds), max))
    if counts[-1] <= 0:
        return None
    rank = share * counts[-1]
    at = next(index for index, count in enumerate(counts) if count >= rank)
    if at == len(bounds) - 1:
        # What is beyond the last bound has no upper end to interpolate to.
        return bounds[-2]
    if at == 0:
        return bounds[0] if bounds[0] <= 0 else bounds[0] * rank / counts[0]
    start, below = bounds[at - 1], counts[at - 1]
    return start + (bounds[at] - start) * (rank - below) / (counts[at] - below)
