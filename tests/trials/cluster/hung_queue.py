"""Orders while the node hangs that leads one queue of replies, to which some of them go."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

from aiormq.abc import AbstractChannel

from service.core.topology import build_whole_topology
from service.edges.amqp.broker import Broker
from service.flow.events.order import Settled
from service.flow.events.process import BrokerLost
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import DELAYS, Options, relaying
from tests.trials.hostile.reply_queues import (
    BAD,
    GOOD,
    LONGEST_SECONDS,
    ONE_IN,
    REPLIES,
    GoodReplies,
    publish,
)
from tests.world.broker import VirtualHost
from tests.world.broker.cluster import ClusterHost
from tests.world.load import Order, new_orders

HUNG = 2
ORDERS = 200
PER_SECOND = 20
PREFETCH = 128


@dataclass(frozen=True, slots=True)
class Beside:
    """How long the slowest good order took, and what became of those whose queue hangs."""

    answered: int
    longest_seconds: float
    hung: int
    unrouted: int
    lost: int

    @property
    def good(self) -> bool:
        """Whether no good order waited for a bad one, and no bad one is lost."""
        return self.longest_seconds < LONGEST_SECONDS and self.unrouted == self.hung

    def __str__(self) -> str:
        return (
            f"{self.answered} good orders, the slowest in {self.longest_seconds:.2f} s; "
            f"of {self.hung} whose queue hangs {self.unrouted} are with the unrouted; "
            f"{self.lost} connections lost"
        )


async def one_leader_hung(host: ClusterHost, count: int = ORDERS) -> Beside:
    """A relay at the first node; the third one, which leads a queue of replies, is stopped."""
    first, third = (
        VirtualHost(host.cluster.nodes[node], host.name, host.user, host.password)
        for node in (0, HUNG)
    )
    await declared(first.url, build_whole_topology("orders", DELAYS))
    # The node leads a queue at which it is declared.
    await third.declare(BAD)
    async with third.channel() as channel:
        await (await channel.get_queue(BAD)).bind(REPLIES, BAD)
    await asyncio.to_thread(host.cluster.settle)
    leaders = await asyncio.to_thread(host.cluster.leaders, host.name)
    hanging = {name for name, node in leaders.items() if node == HUNG}
    assert hanging == {BAD}, leaders
    async with (
        relaying(Broker(host.urls[:HUNG]), Options(prefetch=PREFETCH)) as whole,
        GoodReplies.collect(first.url) as replies,
        first.channel() as outer,
    ):
        await asyncio.to_thread(host.cluster.nodes[HUNG].freeze)
        try:
            sent = await _send(await outer.get_underlay_channel(), count)
            good = [name for name in sent if name.startswith(GOOD)]
            await replies.until(lambda: len(replies) == len(good), "good orders")
            await whole.edge.events.until(Settled, number=len(sent))
            unrouted = await first.drain("orders.unrouted")
        finally:
            await asyncio.to_thread(host.cluster.nodes[HUNG].thaw)
    return Beside(
        answered=len(good),
        longest_seconds=max(replies.by_id[name].arrived_at - sent[name] for name in good),
        hung=len(sent) - len(good),
        unrouted=len({each.message_id for each in unrouted}),
        lost=len(whole.edge.events.of(BrokerLost)),
    )


def _orders(count: int) -> Iterator[tuple[str, Order]]:
    for number, order in enumerate(new_orders("order", count)):
        key = BAD if number % ONE_IN == 0 else GOOD
        yield key, Order(f"{key}-{order.request_id}", order.body)


async def _send(channel: AbstractChannel, count: int) -> dict[str, float]:
    sent: dict[str, float] = {}
    began = time.monotonic()
    for number, (key, order) in enumerate(_orders(count)):
        await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
        sent[order.request_id] = time.monotonic()
        await publish(channel, order, key)
    return sent
