"""What needs no turns: a long backlog, starts, idling, and replies that the broker refuses."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

from pamqp.common import FieldTable

from tests.trials.bench.bursts import MILLISECONDS, Rounds
from tests.trials.bench.ends import REPLIES, Ends, fresh
from tests.trials.bench.figures import Row, figure, in_turns, ratio
from tests.trials.bench.peers import TITLES, Peer
from tests.trials.bench.sides import Setup, Side, Stage, process, side, topology
from tests.world.load import cpu_seconds, until

REFUSED_SECONDS = 1.0
REFUSING = "bench.refusing"


async def backlog(stage: Stage, orders: int) -> Row:
    """A relay that finds very many: the last tenth beside the second one, and its memory."""
    setup = Setup(Peer.RELAY)
    async with topology(stage) as host, Ends.connect(host) as ends:
        batch = fresh(orders)
        await ends.producer.publish_all(batch)
        async with process(stage, setup, host) as relay:
            one = Side(stage, [relay], ends)
            marks = [await _mark(one, orders * tenth // 10) for tenth in (1, 2, 9, 10)]
            await ends.check(order.request_id for order in batch)
            await ends.acked()
        await ends.nothing_left()
    (first, second, ninth, last), tenth = marks, orders / 10
    seconds = [second[0] - first[0]], [last[0] - ninth[0]]
    cpu = [[(late[1] - early[1]) / tenth * MILLISECONDS] for early, late in _pairs(marks)]
    return Row(
        f"backlog of {orders:,}",
        TITLES[Peer.RELAY],
        (
            figure("CPU of an order at the start", "ms", cpu[0]),
            figure("CPU of an order at the end", "ms", cpu[1]),
            ratio("CPU, end / start", cpu[1], cpu[0]),
            ratio("orders a second, end / start", *seconds),
            figure("memory after a tenth", "MB", [first[2]]),
            figure("more at the end", "MB", [last[2] - first[2]]),
        ),
    )


def _pairs(marks: Sequence[tuple[float, ...]]) -> list[Sequence[tuple[float, ...]]]:
    return [marks[:2], marks[2:]]


async def _mark(one: Side, orders: int) -> tuple[float, float, float]:
    await one.ends.until_replied(orders, one.processes)
    return time.monotonic(), one.cpu(), one.megabytes()


async def starts(stage: Stage, peers: Sequence[Peer], rounds: int) -> list[Row]:
    """From exec to consuming, on a topology that stands."""
    taken: dict[Peer, list[tuple[float, float]]] = {peer: [] for peer in peers}
    async with topology(stage) as host:
        for turn in range(rounds + 1):
            for peer in in_turns(peers, turn):
                began = time.monotonic()
                async with process(stage, Setup(peer), host) as one:
                    seconds = time.monotonic() - began
                    # The first one compiles what it imports.
                    if turn:
                        taken[peer].append((seconds * MILLISECONDS, cpu_seconds(one.pid) * 1e3))
    return [
        Row(
            "start",
            TITLES[peer],
            (
                figure("until it consumes", "ms", (wall for wall, _ in several)),
                figure("CPU", "ms", (cpu for _, cpu in several)),
            ),
        )
        for peer, several in taken.items()
    ]


async def idle(stage: Stage, peers: Sequence[Peer], plan: Rounds, seconds: float) -> list[Row]:
    """All at once, each after it has served, with nothing to do."""
    async with AsyncExitStack() as stack:
        sides = {peer: await stack.enter_async_context(side(stage, Setup(peer))) for peer in peers}
        for one in sides.values():
            await one.burst(plan.warm_up)
        before = {peer: one.cpu() for peer, one in sides.items()}
        await asyncio.sleep(seconds)
        return [
            Row(
                "idle",
                TITLES[peer],
                (
                    figure("CPU", "% of a core", [(one.cpu() - before[peer]) / seconds * 100]),
                    figure("memory", "MB", [one.megabytes()]),
                ),
            )
            for peer, one in sides.items()
        ]


async def keeps(stage: Stage, peer: Peer) -> Row:
    """AssertionError where an order is lost whose reply is refused, or is routed to nobody."""
    for refused in (True, False):
        async with topology(stage) as host, Ends.connect(host) as ends:
            await ends.channel.queue_unbind(REPLIES, "orders.replies", "#")
            # Behind the alternate exchange a reply without a reader would find a queue yet.
            await ends.channel.queue_unbind("orders.unrouted", "orders.unrouted", "")
            if refused:
                full: FieldTable = {"x-max-length": 0, "x-overflow": "reject-publish"}
                await ends.channel.queue_declare(REFUSING, durable=True, arguments=full)
                await ends.channel.queue_bind(REFUSING, "orders.replies", "#")
            async with process(stage, Setup(peer), host):
                before = await stage.api.calls()
                await ends.producer.publish(fresh(1)[0])

                async def called(before: int = before) -> bool:
                    return await stage.api.calls() > before

                await until(called, f"{peer} calls the API")
                await asyncio.sleep(REFUSED_SECONDS)
            if not await ends.left():
                how = "refused" if refused else "routed to nobody"
                message = f"{peer} loses an order whose reply is {how}"
                raise AssertionError(message)
    kept = figure("orders kept whose reply is refused, or routed to nobody", "of 2", [2])
    return Row("promises", TITLES[peer], (kept,))
