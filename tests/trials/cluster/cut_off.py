"""A relay at a node that is cut off from the others, while they serve everybody else."""

import asyncio
import time
from dataclasses import dataclass
from functools import partial

import aio_pika
from aio_pika.exceptions import DeliveryError

from service.core.topology import build_whole_topology
from service.edges.amqp.broker import Broker
from service.flow.events.labels import ConnectionName, LostCause
from service.flow.events.order import Settled
from service.flow.events.process import BrokerLost
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import DELAYS, Options, relaying
from tests.edges.amqp.hostile import BODY
from tests.world.broker.cluster import ClusterHost
from tests.world.broker.trying import patiently
from tests.world.load.waiting import until

CUT_OFF = 2
LEFT_SECONDS = 60.0
LED_SECONDS = 120.0
"""A publish that meets no leader is not confirmed for 10 s, and a busy machine elects late."""


@dataclass(frozen=True, slots=True)
class Left:
    """How long after the cut an order was answered, and why the publisher's connection ended."""

    answered_seconds: float
    cause: LostCause

    @property
    def good(self) -> bool:
        """Whether it was found out by what was not confirmed."""
        return self.cause is LostCause.PUBLISH_TIMEOUT


async def left_node(host: ClusterHost, node: int) -> Left:
    """A relay without orders consumes at `node`, which is cut off; then one comes at another."""
    cluster, urls = host.cluster, host.urls
    await declared(urls[node], build_whole_topology("orders", DELAYS))
    at_first = Broker([*urls[node:], *urls[:node]])
    async with relaying(at_first, Options()) as whole:
        await asyncio.to_thread(cluster.settle)
        await asyncio.to_thread(cluster.cut_off, node)
        cut_at = time.monotonic()
        # The others may have no leader for a moment.
        others = urls[(node + 1) % len(urls)]
        await until(
            partial(_ordered, others), "the others confirm an order", timeout_seconds=LED_SECONDS
        )
        events = whole.edge.events
        lost = await events.until(
            BrokerLost, connection=ConnectionName.PUBLISH, timeout_seconds=LEFT_SECONDS
        )
        await events.until(Settled, request_id="o-1", timeout_seconds=LEFT_SECONDS)
        return Left(time.monotonic() - cut_at, lost.cause)


async def _ordered(url: str) -> bool:
    try:
        await patiently(partial(_order, url))
    except DeliveryError:
        return False
    return True


async def _order(url: str) -> None:
    connection = await aio_pika.connect(url, timeout=10)
    async with connection:
        exchange = await (await connection.channel()).get_exchange("orders", ensure=False)
        message = aio_pika.Message(BODY, message_id="o-1", delivery_mode=2)
        await exchange.publish(message, "order.request", timeout=10)
