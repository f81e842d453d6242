"""Half load: what a side adds to the time that the API and two hops of the broker take."""

import asyncio
import time

from tests.trials.bench.bursts import MILLISECONDS, Rounds
from tests.trials.bench.ends import REPLIES, Ends, enough, fresh
from tests.trials.bench.figures import Row, figure, percentile
from tests.trials.bench.peers import TITLES, Peer
from tests.trials.bench.sides import Setup, Side, Stage, side

API_MILLISECONDS = 50
SHARES = {"p50": 0.5, "p99": 0.99}


async def half_load(stage: Stage, peers: list[Peer], plan: Rounds) -> list[Row]:
    """One side after the other, each at half of what it reached a moment before."""
    return [await _rows(stage, peer, plan) for peer in peers]


async def _rows(stage: Stage, peer: Peer, plan: Rounds) -> Row:
    added: dict[str, list[float]] = {name: [] for name in SHARES}
    async with side(stage, Setup(peer, f"/{API_MILLISECONDS}/0")) as one:
        await one.burst(plan.warm_up)
        for _ in range(plan.rounds):
            taken, hops = await _round(one, plan.orders)
            bare = API_MILLISECONDS + 2 * percentile(hops, 0.5)
            for name, share in SHARES.items():
                added[name].append(percentile(taken, share) - bare)
    figures = (figure(f"added, {name}", "ms", values) for name, values in added.items())
    return Row("half load", TITLES[peer], tuple(figures))


async def _round(one: Side, orders: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each order through the side, and of each message on one hop."""
    fastest = await one.burst(orders)
    pause_seconds = 2 * fastest.seconds / orders
    hops = await _paced(one.ends, orders // 2, pause_seconds, through=False)
    return await _paced(one.ends, orders // 2, pause_seconds, through=True), hops


async def _paced(ends: Ends, orders: int, pause_seconds: float, *, through: bool) -> list[float]:
    """How long each takes from its publishing to its arrival; a hop is straight to the replies."""
    batch, sent = fresh(orders), dict[str, float]()
    exchange, key = ("orders", "order.request") if through else ("", REPLIES)
    async with ends.arriving() as arrived, asyncio.TaskGroup() as group:
        began = time.monotonic()
        for number, order in enumerate(batch):
            await asyncio.sleep(began + number * pause_seconds - time.monotonic())
            sent[order.request_id] = time.monotonic()
            group.create_task(ends.producer.publish(order, exchange=exchange, routing_key=key))
        await enough(arrived, orders)
    if through:
        await ends.check(sent, arrived)
    return [(at - sent[reply.request_id]) * MILLISECONDS for at, reply in arrived]
