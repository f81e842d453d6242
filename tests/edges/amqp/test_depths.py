"""Asking for the depths of the queues, beside a relay and without its rights."""

import asyncio
from collections.abc import AsyncIterator

import aio_pika
import pytest
from aio_pika.abc import AbstractConnection

from service.core.depths import Depth, Depths, Unreadable
from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker
from service.edges.amqp.depths import QueueDepths
from tests.edges.amqp.edge import ORDERS
from tests.edges.amqp.hiding import hiding
from tests.edges.amqp.proxied import through
from tests.world.broker.ports import LOOPBACK, free_ports
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Proxy

NAMES = {queue.name.removeprefix("orders.") for queue in ORDERS.queues}


@pytest.fixture
async def depths(broker: Broker) -> AsyncIterator[QueueDepths]:
    """The depths at the broker of this test."""
    asking = QueueDepths(broker, ORDERS)
    yield asking
    await asking.close()


async def _until_ready(depths: QueueDepths, name: str, ready: int) -> Depths:
    async with asyncio.timeout(60):
        while True:
            found = await depths.read()
            assert isinstance(found, Depths)
            if found.queues[name] == Depth(ready, 0):
                return found


async def test_every_queue_is_told_without_any_right(
    vhost: VirtualHost, depths: QueueDepths
) -> None:
    """By its name without the namespace, on one connection however often it is asked."""
    vhost.set_permissions(configure="", write="orders.*", read="")
    found = await depths.read()
    assert isinstance(found, Depths)
    assert dict.fromkeys(NAMES, Depth(0, 0)) == found.queues
    async with vhost.channel() as channel:
        exchange = await channel.get_exchange("orders.parked", ensure=False)
        for _ in range(2):
            await exchange.publish(_message(), "")
    await _until_ready(depths, "parked", 2)


async def test_a_queue_that_may_not_be_seen_hides_no_other(broker: Broker) -> None:
    """It is left out: whether it is missing cannot be told."""
    connection, address = await broker.connect("top")

    class Blind(Broker):
        async def connect(self, name: str, _: object = None) -> tuple[AbstractConnection, str]:
            return hiding(connection, ["queue orders.parked"]), address

    found = await QueueDepths(Blind([]), ORDERS).read()
    await brokers.close(connection)
    assert isinstance(found, Depths)
    assert found.queues == dict.fromkeys(NAMES - {"parked"}, Depth(0, 0))


def _message() -> aio_pika.Message:
    return aio_pika.Message(b"{}", delivery_mode=2)


async def test_a_queue_that_is_missing_hides_no_other(
    vhost: VirtualHost, depths: QueueDepths
) -> None:
    """And nothing is made."""
    async with vhost.channel() as channel:
        await channel.queue_delete("orders.parked")
    found = await depths.read()
    assert isinstance(found, Depths)
    assert found.queues == dict.fromkeys(NAMES, Depth(0, 0)) | {"parked": None}
    assert "orders.parked" not in vhost.queues()


async def test_a_lost_connection_is_told_once_and_made_anew(vhost: VirtualHost) -> None:
    """The view goes on."""
    async with Proxy(LOOPBACK, vhost.node.amqp_port) as proxy:
        depths = QueueDepths(Broker([through(proxy, vhost.url)]), ORDERS)
        assert isinstance(await depths.read(), Depths)
        proxy.cut()
        assert isinstance(await depths.read(), Unreadable)
        assert isinstance(await depths.read(), Depths)
        await depths.close()


async def test_a_broker_that_is_away_is_said_without_the_password() -> None:
    """By its address."""
    (port,) = free_ports(1)
    url = f"amqp://me:canary-password@{LOOPBACK}:{port}/"
    found = await QueueDepths(Broker([url]), ORDERS).read()
    assert isinstance(found, Unreadable)
    assert f"{LOOPBACK}:{port} vhost /" in found.why
    assert "canary" not in found.why
