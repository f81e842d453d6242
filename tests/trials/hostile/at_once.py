"""All bad neighbours at once, and how long good orders take without them and with them."""

import asyncio
import math
import os
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from aiormq.abc import AbstractChannel
from pamqp.common import FieldTable

from service.core.decision import RetryPolicy
from service.core.history import History, to_headers
from service.core.topology import build_whole_topology
from tests.edges.amqp.crash import declared
from tests.trials.hostile.at_once_bad import (
    CLOSING,
    FULL,
    KINDS,
    REPLY_KEYS,
    STUCK,
    Bad,
    answers,
    neighbours,
)
from tests.trials.hostile.findings import Finding
from tests.trials.hostile.neighbours import MEBIBYTE, limited
from tests.trials.hostile.reply_queues import GOOD, REPLIES, forbidden, full, hung, publish
from tests.trials.limits.stage import before_others
from tests.world.broker import VirtualHost
from tests.world.broker.raw import RawPublisher
from tests.world.broker.wire import Raw
from tests.world.load import ApiProcess, Order, Producer, Replies, new_orders

PER_SECOND = 10
MOST_ADDED_SECONDS = 1.0
ALONE_SECONDS = 2.0
"""Good orders alone come first: a limit that is learned in a process's first second is low."""
PATIENCE_SECONDS = 30.0
LARGE_BYTES = 8 * MEBIBYTE
LATENCY = {"latency_seconds": 0.05}

Place = tuple[VirtualHost, Path]


@dataclass(slots=True)
class Felt:
    """What was seen of a run from outside; times in seconds."""

    sent: int = 0
    taken: list[float] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    happened: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        return f"p50 {self.percentile(50):.2f} s, p99 {self.percentile(99):.2f} s"

    def percentile(self, percent: int) -> float:
        """So many of all good orders took at most this long; one without an answer for ever."""
        whole = sorted([*self.taken, *[math.inf] * (self.sent - len(self.taken))])
        return whole[math.ceil(len(whole) * percent / 100) - 1]


class _Told(Replies):
    async def listen(self, channel: AbstractChannel) -> None:
        """None of those that the neighbours' queues are for: they would have another way out."""
        declared = await channel.queue_declare(exclusive=True, auto_delete=True)
        for key in (GOOD, "order.*"):
            await channel.queue_bind(declared.queue or "", REPLIES, key)
        await channel.basic_consume(declared.queue or "", self.take, no_ack=True)


async def at_once(places: Collection[Place], seconds: float) -> Finding:
    """Good orders for so long in the first place, then in the second one beside the neighbours."""
    alone, beside = places
    without = await run(*alone, seconds, [])
    with_them = await run(*beside, seconds, neighbours(seconds))
    name = f"{with_them.sent} good orders: {with_them}; without neighbours: {without}"
    return Finding("bad neighbours at once", name, tuple(judge(without, with_them)))


def judge(without: Felt, with_them: Felt, most_added: float = MOST_ADDED_SECONDS) -> Iterator[str]:
    """What is not as it should be: pure."""
    for felt, name in ((without, "without neighbours"), (with_them, "with neighbours")):
        yield from (f"{name} {other}" for other in felt.others)
        if missing := felt.sent - len(felt.taken):
            yield f"{name} {missing} of {felt.sent} good orders are not accepted"
    added = with_them.percentile(99) - without.percentile(99)
    if not added < most_added:
        yield f"the p99 is {added:.2f} s longer with neighbours"
    for kind in KINDS:
        if kind not in with_them.happened:
            yield f"nothing came of the neighbour {kind!r}"


async def run(host: VirtualHost, directory: Path, seconds: float, bad: Collection[Bad]) -> Felt:
    """What good orders felt for so long."""
    await declared(host.url, build_whole_topology("orders", RetryPolicy().delays_seconds))
    async with AsyncExitStack() as stack:
        for queue, key in ((full, FULL), (hung, STUCK), (forbidden, CLOSING)):
            await stack.enter_async_context(queue(host, key))
        api = stack.enter_context(ApiProcess(directory))
        await api.ready()
        await api.ask("PUT", "/limits", json=LATENCY)
        await api.ask("PUT", "/faults", json=answers())
        kind = stack.enter_context(limited())
        relay = stack.enter_context(kind(directory, host.url, api.url))
        for pid in (os.getpid(), api.pid, relay.pid, host.node.pid):
            before_others(pid)
        await relay.consuming()
        told = await stack.enter_async_context(_Told.collect(host.url))
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(_send_good(host, int(seconds * PER_SECOND)))
            group.create_task(_send_bad(host, bad))
        sent = sending.result()
        felt = await _felt(told, sent)
        relay.check()
        ledger = await api.ask("GET", "/ledger")
    unrouted = {each.message_id or "" for each in await host.drain("orders.unrouted")}
    # What is to be felt of the others: their replies are not taken, or they are called or answered.
    asked = ledger["by_request_id"].keys() | told.by_id.keys()
    felt.happened = {
        kind
        for kind in KINDS
        if any(each.startswith(kind) for each in (unrouted if kind in REPLY_KEYS else asked))
    }
    return felt


async def _felt(told: Replies, sent: Mapping[str, float]) -> Felt:
    def answered() -> bool:
        return sent.keys() <= told.by_id.keys()

    felt = Felt(len(sent))
    try:
        await told.until(answered, "good orders", timeout_seconds=PATIENCE_SECONDS)
    except AssertionError as error:
        felt.others.append(str(error))
    for name, at in sent.items():
        if (reply := told.by_id.get(name)) is not None and reply.status == "accepted":
            felt.taken.append(reply.arrived_at - at)
    return felt


async def _send_good(host: VirtualHost, count: int) -> dict[str, float]:
    sent = {}
    async with host.channel() as outer, asyncio.TaskGroup() as group:
        channel = await outer.get_underlay_channel()
        began = time.monotonic()
        for number, order in enumerate(new_orders(GOOD, count)):
            await _at(began + number / PER_SECOND)
            sent[order.request_id] = time.monotonic()
            group.create_task(publish(channel, order, GOOD))
    return sent


async def _send_bad(host: VirtualHost, bad: Collection[Bad]) -> None:
    async with (
        host.channel() as outer,
        Producer.connect(host.url) as producer,
        asyncio.TaskGroup() as group,
    ):
        channel = await outer.get_underlay_channel()
        began = time.monotonic() + ALONE_SECONDS
        for each in bad:
            await _at(began + each.at_seconds)
            order = Order(each.request_id, each.body)
            match each.way:
                case "orders":
                    group.create_task(publish(channel, order, each.reply_to))
                case "waited":
                    group.create_task(_publish_waited(producer, order))
                case "large":
                    group.create_task(asyncio.to_thread(_publish_large, host.url, order))


async def _publish_waited(producer: Producer, order: Order) -> None:
    history = History(datetime.now(UTC), attempts=9, retries=9, last_outcome="unreached")
    headers = cast("FieldTable", to_headers(history))
    await producer.publish(order, exchange="orders.retry", routing_key="1", headers=headers)


def _publish_large(url: str, order: Order) -> None:
    named: dict[str, Raw] = {"message_id": order.request_id.encode(), "delivery_mode": 2}
    with RawPublisher(url) as sender:
        sender.publish(b"orders", b"order.request", named, body=bytes(LARGE_BYTES))


async def _at(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))
