"""Good orders beside others whose replies go to a queue that takes none of them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aio_pika import Message
from aio_pika.exceptions import DeliveryError
from aiormq import spec
from aiormq.abc import AbstractChannel

from service.core.decision import RetryPolicy
from service.core.topology import build_whole_topology
from service.edges.system_clock import SystemClock
from tests.edges.amqp.crash import declared
from tests.trials.hostile.findings import Finding
from tests.world.broker import VirtualHost
from tests.world.broker.stuck import standing_still
from tests.world.load import ApiProcess, Order, RelayProcess, Replies, new_orders, until

ONE_IN = 10
MOSTLY = 9
"""Of ten: what somebody sends who lets his own queue be full."""
PACE_PER_SECOND = 50
PREFETCH = 128
ANSWERED_SECONDS = 60.0
LONGEST_SECONDS = 5.0
"""Once, the good ones wait until the queue is found out: 1 s, and then for one another."""

BAD, GOOD = "bad", "good"
REPLIES = "orders.replies"


@asynccontextmanager
async def full(host: VirtualHost, key: str = BAD) -> AsyncIterator[None]:
    """Its owner reads nothing, and has it refuse what is too much."""
    await host.declare(key, max_length=1, overflow="reject-publish")
    await _bind(host, key)
    async with host.channel() as channel:
        exchange = await channel.get_exchange(REPLIES)
        try:
            while True:
                await exchange.publish(Message(b"{}", delivery_mode=2), key)
        except DeliveryError:
            yield


@asynccontextmanager
async def hung(host: VirtualHost, key: str = BAD) -> AsyncIterator[None]:
    """Its leader is there and answers nothing, as on a node that hangs."""
    await host.declare(key)
    await _bind(host, key)
    async with standing_still(host, key):
        yield


@asynccontextmanager
async def leaderless(host: VirtualHost) -> AsyncIterator[None]:
    """Declared a moment before its node was killed: on 3.10 and 4.0 it has no leader for good."""
    await asyncio.to_thread(host.node.settle)
    await host.declare(BAD)
    await _bind(host, BAD)
    await asyncio.to_thread(host.node.kill)
    await asyncio.to_thread(host.node.start_again)
    yield


@asynccontextmanager
async def forbidden(host: VirtualHost, key: str = BAD) -> AsyncIterator[None]:
    """The relay's login may not publish with its key: the broker closes the channel."""
    await host.declare(key)
    await _bind(host, key)
    rights = {"exchange": REPLIES, "write": f"^(?!{key}$)", "read": ".*"}
    host.node.api.put("topic-permissions", host.name, host.user, body=rights)
    yield


Neighbour = Callable[[VirtualHost], AbstractAsyncContextManager[None]]
REPLY_QUEUES: tuple[tuple[Neighbour, int], ...] = (
    *((neighbour, 1) for neighbour in (full, hung, leaderless, forbidden)),
    *((neighbour, MOSTLY) for neighbour in (full, hung)),
)
"""Each with how many in ten orders are for it."""


@dataclass(slots=True)
class Seen:
    """What was seen from outside; times are monotonic seconds."""

    sent: dict[str, float] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    unrouted: set[str | None] = field(default_factory=set)
    left: int = 0
    most_unsettled: int = 0
    lost: int = 0


class GoodReplies(Replies):
    """The replies that somebody waits for."""

    async def listen(self, channel: AbstractChannel) -> None:
        """Only those to the good key."""
        declared = await channel.queue_declare(exclusive=True, auto_delete=True)
        await channel.queue_bind(declared.queue or "", REPLIES, GOOD)
        await channel.basic_consume(declared.queue or "", self.take, no_ack=True)


async def beside(
    neighbour: Neighbour,
    host: VirtualHost,
    directory: Path,
    count: int,
    *,
    longest_seconds: float = LONGEST_SECONDS,
    bad_in_ten: int = 1,
) -> Finding:
    """What became of `count` orders, so many in ten of them with the bad key."""
    await declared(host.url, build_whole_topology("orders", RetryPolicy().delays_seconds))
    seen = Seen()
    async with neighbour(host):
        with ApiProcess(directory) as api:
            await api.ready()
            prefetch = str(PREFETCH)
            with RelayProcess(directory, host.url, api.url, AMQP__PREFETCH=prefetch) as relay:
                await relay.consuming()
                async with GoodReplies.collect(host.url) as good, asyncio.TaskGroup() as group:
                    group.create_task(_watch(host, seen, over := asyncio.Event()))
                    await _send(host, count, seen, bad_in_ten)
                    await _until_settled(host, good, seen)
                    over.set()
                seen.answered = {name: each.arrived_at for name, each in good.by_id.items()}
                seen.lost = relay.log.read_text(encoding="utf-8").count("broker connection lost")
                ledger = await api.ask("GET", "/ledger")
                entries = ledger["by_request_id"].items()
                seen.calls = {name: entry["calls"] for name, entry in entries}
                await relay.stop()
        seen.unrouted = {each.message_id for each in await host.drain("orders.unrouted")}
    longest = max((at - seen.sent[name] for name, at in seen.answered.items()), default=0.0)
    name = f"{neighbour.__name__} reply queue, {bad_in_ten} in ten for it, {longest:.2f} s"
    return Finding("neighbours", name, tuple(judge(seen, longest_seconds)))


def judge(seen: Seen, longest_seconds: float = LONGEST_SECONDS) -> list[str]:
    """What is not as it should be: pure."""
    good = {name for name in seen.sent if name.startswith(GOOD)}
    bad = seen.sent.keys() - good
    problems = []
    if missing := good - seen.answered.keys():
        problems.append(f"{len(missing)} of {len(good)} good orders have no answer")
    longest = max((seen.answered[name] - seen.sent[name] for name in good - missing), default=0.0)
    if longest > longest_seconds:
        problems.append(f"a good order waited {longest:.1f} s")
    if gone := bad - seen.unrouted:
        problems.append(f"{len(gone)} of {len(bad)} bad replies are not with the unrouted")
    if again := [name for name in seen.sent if seen.calls.get(name) != 1]:
        problems.append(f"{len(again)} orders were not sent exactly once")
    if seen.most_unsettled > PREFETCH:
        problems.append(f"{seen.most_unsettled} deliveries were held at a prefetch of {PREFETCH}")
    if seen.left:
        problems.append(f"{seen.left} requests are left")
    if seen.lost:
        problems.append(f"a connection was lost {seen.lost} times")
    return problems


async def _bind(host: VirtualHost, key: str) -> None:
    async with host.channel() as channel:
        await (await channel.get_queue(key)).bind(REPLIES, key)


async def _send(host: VirtualHost, count: int, seen: Seen, bad_in_ten: int) -> None:
    async with host.channel() as outer:
        channel = await outer.get_underlay_channel()
        began = time.monotonic()
        for number, order in enumerate(new_orders("order", count)):
            key = BAD if number % ONE_IN < bad_in_ten else GOOD
            name = f"{key}-{order.request_id}"
            seen.sent[name] = time.monotonic()
            await publish(channel, Order(name, order.body), key)
            await asyncio.sleep(max(0.0, began + number / PACE_PER_SECOND - time.monotonic()))


async def publish(channel: AbstractChannel, order: Order, key: str | None) -> None:
    """Publishes an order whose reply goes by this key, and waits for the confirm."""
    properties = spec.Basic.Properties(
        message_id=order.request_id, reply_to=key, delivery_mode=2, content_type="application/json"
    )
    await channel.basic_publish(
        order.body, exchange="orders", routing_key="order.request", properties=properties
    )


async def _until_settled(host: VirtualHost, good: Replies, seen: Seen) -> None:
    wanted = sum(name.startswith(GOOD) for name in seen.sent)

    async def settled() -> bool:
        queue = (await asyncio.to_thread(host.queues))["orders.requests"]
        seen.left = queue.messages
        return len(good) >= wanted and not queue.messages

    try:
        await until(settled, "all is settled", timeout_seconds=ANSWERED_SECONDS)
    except TimeoutError:
        return


async def _watch(host: VirtualHost, seen: Seen, over: asyncio.Event) -> None:
    while not await SystemClock().wait(over, 0.1):
        queue = (await asyncio.to_thread(host.queues))["orders.requests"]
        seen.most_unsettled = max(seen.most_unsettled, queue.unacked)
