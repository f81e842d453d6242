"""The formulas of `docs/capacity.md`."""


def throughput(
    budget: float | None,
    replicas: int,
    concurrency: int,
    latency_seconds: float,
    by_one_process: float = float("inf"),
) -> float:
    """Orders a second of all replicas."""
    slots = replicas * concurrency / latency_seconds
    return min(float("inf") if budget is None else budget, slots, replicas * by_one_process)


def replicas_for(
    rate: float, latency_seconds: float, concurrency: int, by_one_process: float
) -> float:
    """The fewest that are enough for a peak of `rate`."""
    return max(2, rate * latency_seconds / (concurrency / 2), rate / (0.6 * by_one_process))


def catching_up_seconds(rate: float, outage_seconds: float, throughput_now: float) -> float:
    """How long what came in an outage is worked off, while orders go on coming."""
    return rate * outage_seconds / (throughput_now - rate)
