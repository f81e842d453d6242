"""The measurements; those that are compared with each other take turns, round by round."""

import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import TypeVar

from tests.trials.bench.figures import Figure, figure, percentile, ratio
from tests.trials.bench.sides import ANSWER_SECONDS, Side, fresh
from tests.world.load import (
    LONGEST_TIER_SECONDS,
    ApiProcess,
    Order,
    RelayProcess,
    cpu_seconds,
    new_orders,
    publish_waiting,
    until,
)

BURST = {"throughput": "orders/s", "CPU of an order": "µs"}
MILLISECONDS = 1e3
MICROSECONDS = 1e6
SLOW_PREFIX = "slow"

T = TypeVar("T")


async def burst(side: Side, orders: int) -> tuple[float, float]:
    """Orders a second and microseconds of CPU for one, of a backlog.

    It is loaded while the process is stopped, so that only its serving is measured.
    """
    already = len(side.replies)
    side.process.send_signal(signal.SIGSTOP)
    try:
        await side.producer.publish_all(fresh(orders))
        cpu_before, began = cpu_seconds(side.process.pid), time.monotonic()
    finally:
        side.process.send_signal(signal.SIGCONT)
    await side.replies.until(
        lambda: len(side.replies) == already + orders,
        f"a burst of {orders} is not answered",
        timeout_seconds=ANSWER_SECONDS,
    )
    seconds = time.monotonic() - began
    cpu = cpu_seconds(side.process.pid) - cpu_before
    return orders / seconds, cpu / orders * MICROSECONDS


async def throughput(
    sides: Mapping[str, Side], *, rounds: int, orders: int, warm_up: int = 50
) -> list[Figure]:
    """Orders a second and processor time of two sides, and how they compare."""
    # The first orders make connections and fill caches.
    for side in sides.values():
        await burst(side, warm_up)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for turn in range(rounds):
        for name in in_turns(list(sides), turn):
            found[name].append(await burst(sides[name], orders))
    figures = []
    for place, (what, unit) in enumerate(BURST.items()):
        values = [[each[place] for each in several] for several in found.values()]
        named = zip(sides, values, strict=True)
        figures += [figure(f"{what}, {name}", unit, several) for name, several in named]
        figures.append(ratio(f"{what}, {' / '.join(sides)}", *values))
    return figures


async def latency(side: Side, relay: RelayProcess, *, orders: int) -> list[Figure]:
    """Single orders, and from the relay's own metrics what they spent where."""
    before = await relay.metrics()
    taken = await side.one_by_one(orders)
    after = await relay.metrics()
    in_all, at_the_api, publishing = (
        _mean(before, after, series)
        for series in (
            'order_duration_seconds_{}{{status="accepted"}}',
            'api_request_duration_seconds_{}{{outcome="accepted"}}',
            'publish_duration_seconds_{}{{kind="reply"}}',
        )
    )
    return [
        figure("latency of a single order, p50", "ms", [percentile(taken, 0.5) * MILLISECONDS]),
        figure("latency of a single order, p99", "ms", [percentile(taken, 0.99) * MILLISECONDS]),
        figure("of its mean: the API's answer", "ms", [at_the_api]),
        figure("of its mean: the reply's confirm", "ms", [publishing]),
        figure("of its mean: the rest in the relay", "ms", [in_all - at_the_api - publishing]),
    ]


async def company(
    side: Side, api: ApiProcess, *, rounds: int, orders: int, waiting: int, slow_seconds: float
) -> list[Figure]:
    """Single orders alone, beside many that wait for a retry, and beside one that is slow."""

    async def by_themselves() -> float:
        return median(await side.one_by_one(orders))

    async def with_waiting() -> float:
        await publish_waiting(side.producer, fresh(waiting))
        taken = await by_themselves()
        queue = f"orders.retry.{LONGEST_TIER_SECONDS}"
        assert await side.host.ready(queue) == waiting
        side.host.node.api.delete("queues", side.host.name, queue, "contents")
        return taken

    async def with_slow() -> float:
        return await _beside_slow(side, api, orders, slow_seconds)

    turns: list[Callable[[], Awaitable[float]]] = [by_themselves, with_waiting, with_slow]
    found: dict[Callable[[], Awaitable[float]], list[float]] = {each: [] for each in turns}
    for turn in range(rounds):
        for measure in in_turns(turns, turn):
            found[measure].append(await measure())
    alone, beside_waiting, beside_slow = found.values()
    return [
        figure("fresh order, alone", "ms", (each * MILLISECONDS for each in alone)),
        ratio(f"fresh order, {waiting} waiting / none", beside_waiting, alone),
        ratio("fresh order, one slow / none", beside_slow, alone),
    ]


async def start_up(side: Side, api: ApiProcess, directory: Path, *, starts: int) -> list[Figure]:
    """From the start of a relay's process until it consumes, on a topology that stands."""
    taken = []
    for number in range(starts):
        began = time.monotonic()
        with RelayProcess(directory, side.host.url, api.url, name=f"start-{number}") as relay:
            await relay.consuming(poll_seconds=0.002)
            taken.append(time.monotonic() - began)
            await relay.stop()
    return [figure("start until it consumes", "ms", (each * MILLISECONDS for each in taken))]


async def _beside_slow(side: Side, api: ApiProcess, orders: int, slow_seconds: float) -> float:
    slow = Order(f"{SLOW_PREFIX}-{fresh(1)[0].request_id}", next(new_orders("", 1)).body)
    fault = {"match": {"request_id": slow.request_id}, "fault": "delay", "seconds": slow_seconds}
    await api.ask("POST", "/faults", json=fault)
    await side.producer.publish(slow)

    async def with_the_api() -> bool:
        calls = await api.ask("GET", "/calls")
        return bool(calls) and calls[-1]["request_id"] == slow.request_id

    await until(with_the_api, "the slow order is with the API")
    taken = await side.one_by_one(orders)
    if slow.request_id in side.replies.by_id:
        message = f"{orders} orders took longer than the slow one's {slow_seconds:g} s"
        raise TimeoutError(message)
    await side.replies.of(slow.request_id)
    return median(taken)


def in_turns(each: Sequence[T], turn: int) -> Sequence[T]:
    """Every round begins with another one, so that none is always the first or the last."""
    first = turn % len(each)
    return [*each[first:], *each[:first]]


def _mean(before: dict[str, float], after: dict[str, float], series: str) -> float:
    """A histogram's mean in milliseconds between two looks at it."""
    total, number = (
        after[name] - before.get(name, 0.0)
        for name in (f"order_relay_{series.format(end)}" for end in ("sum", "count"))
    )
    return total / number * MILLISECONDS
