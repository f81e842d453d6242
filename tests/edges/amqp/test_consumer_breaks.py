"""The consumer goes on, whatever the broker or the way to it breaks."""

import asyncio

import pytest

from service.edges.amqp.broker import Broker
from service.flow.events.labels import ConnectionName, LostCause
from service.flow.events.process import BrokerLost, ConsumingStarted
from tests.edges.amqp.crash import fill
from tests.edges.amqp.edge import Edge, Options, consuming
from tests.edges.amqp.proxied import through
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Proxy

CONSUME = ConnectionName.CONSUME


async def _still_consumes(edge: Edge, vhost: VirtualHost, number: int) -> None:
    await edge.until_consuming(2)
    await fill(vhost, "orders", "order.request", [f"after-{number}"])
    delivery = await edge.inbox.until(number)
    assert delivery.received.message.message_id == f"after-{number}"
    await delivery.ack()


async def test_a_deleted_queue_is_declared_and_consumed_again(
    vhost: VirtualHost, broker: Broker
) -> None:
    """The broker cancels the consumer; nothing else would tell."""
    async with consuming(broker) as edge:
        vhost.node.api.delete("queues", vhost.name, "orders.requests")
        await _still_consumes(edge, vhost, 1)
        assert edge.events.causes(CONSUME) == [LostCause.CONSUMER_CANCELLED]


async def test_a_channel_that_the_broker_closes_is_opened_again(
    vhost: VirtualHost, broker: Broker
) -> None:
    """An ack for what is acked already is an error for the broker."""
    async with consuming(broker) as edge:
        await fill(vhost, "orders", "order.request", ["o-1"])
        delivery = await edge.inbox.until(1)
        await delivery.ack()
        await delivery.ack()
        await _still_consumes(edge, vhost, 2)
        assert edge.events.causes(CONSUME) == [LostCause.CHANNEL_CLOSED]
        assert "unknown delivery tag" in edge.events.of(BrokerLost)[0].reason


@pytest.mark.timeout(240)
async def test_closed_connections_are_made_again(vhost: VirtualHost, broker: Broker) -> None:
    """Both, each with the operator's reason."""
    async with consuming(broker) as edge:
        await asyncio.to_thread(vhost.close_connections, "for maintenance")
        for name in ConnectionName:
            await edge.events.until(BrokerLost, connection=name)
            await edge.events.connected(name, 2)
        await _still_consumes(edge, vhost, 1)
        for lost in edge.events.of(BrokerLost):
            assert lost.cause is LostCause.CONNECTION_CLOSED
            assert "for maintenance" in lost.reason


async def test_a_black_hole_is_noticed_by_the_heartbeat(vhost: VirtualHost, proxy: Proxy) -> None:
    """Three beats without an answer: with a second each that is soon."""
    beating = Broker([through(proxy, vhost.url, heartbeat="1")])
    options = Options(publish_broker=Broker([vhost.url]))
    async with consuming(beating, options) as edge:
        await fill(vhost, "orders", "order.request", ["o-1"])
        old = await edge.inbox.until(1)
        proxy.stall(swallow=True)
        await edge.events.until(BrokerLost, connection=CONSUME)
        assert not old.alive
        proxy.resume()
        await edge.events.until(ConsumingStarted, number=2)
        await (await edge.inbox.until(2)).ack()
        assert edge.events.causes(ConnectionName.PUBLISH) == []


async def test_stopping_does_not_wait_for_a_broker_that_is_silent(
    proxy: Proxy, far_broker: Broker
) -> None:
    """Neither while it connects nor while it declares: a deployment has no time for it."""
    proxy.stall()
    edge = Edge(far_broker)
    edge.start()
    await proxy.connected(2)
    async with asyncio.timeout(8):
        await edge.stop()
