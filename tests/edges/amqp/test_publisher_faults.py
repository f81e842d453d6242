"""The publisher when the way to the broker, or the broker itself, stands still."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from service.edges.amqp.broker import Broker
from service.edges.amqp.publisher import BLOCKED
from service.flow.events.labels import ConnectionName, LostCause
from service.flow.events.process import (
    BrokerConnected,
    ConsumingStarted,
    ConsumingStopped,
    HoldChanged,
)
from service.flow.ports import Confirmed, Unconfirmed
from service.flow.sending.gate import Intake
from tests.edges.amqp.edge import Edge, Options, consuming, publication, publishing
from tests.edges.amqp.hostile import BODY
from tests.edges.amqp.proxied import through
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Direction, Proxy


@pytest.fixture
async def proxy(vhost: VirtualHost) -> AsyncIterator[Proxy]:
    """The way to the broker."""
    async with Proxy("127.0.0.1", vhost.node.amqp_port) as proxy:
        yield proxy


async def test_an_alarm_holds_orders_and_loses_no_publish(
    vhost: VirtualHost, broker: Broker
) -> None:
    """What is in flight neither fails nor times out, however long the alarm; then it is confirmed.

    Consuming stops meanwhile, and acks go through: they have a connection of their own.
    """
    async with consuming(broker, Options(publish_timeout_seconds=1.0)) as edge:
        await vhost.publish(BODY, exchange="orders", routing_key="order.request", message_id="o-1")
        delivery = await edge.inbox.until(1)
        await asyncio.to_thread(vhost.node.set_memory_alarm, on=True)
        try:
            tasks = [
                asyncio.create_task(edge.publisher.publish(publication(message_id=f"o-{number}")))
                for number in range(20)
            ]
            await edge.events.until(HoldChanged, held=True, why=BLOCKED)
            await edge.events.until(ConsumingStopped, why="orders are held")
            await delivery.ack()
            await vhost.until(lambda queues: queues["orders.requests"].messages == 0)
        finally:
            # By now the publishes are older than their time-out.
            await asyncio.to_thread(vhost.node.set_memory_alarm, on=False)
        results = await asyncio.wait_for(asyncio.gather(*tasks), 10)
        assert results == [Confirmed()] * 20
        await edge.events.until(HoldChanged, held=False, why=f"over: {BLOCKED}")
        await edge.events.until(ConsumingStarted, number=2)
        assert edge.unbroken()
    assert len(await vhost.drain("orders.unrouted")) == 20


async def test_a_publish_that_is_not_confirmed_in_time_costs_the_connection(
    vhost: VirtualHost, proxy: Proxy
) -> None:
    """It may have landed or not: unconfirmed, and everything else on that connection with it."""
    broker = Broker([through(proxy, vhost.url)])
    async with publishing(broker, Options(publish_timeout_seconds=0.5)) as edge:
        proxy.stall(Direction.TO_CLIENT)
        results = await asyncio.gather(
            *(edge.publisher.publish(publication(message_id=f"o-{n}")) for n in range(5))
        )
        assert all(isinstance(result, Unconfirmed) for result in results)
        await edge.events.until(HoldChanged, held=True, why="the publishing connection is down")
        assert _intake(edge) is Intake.NONE
        proxy.resume()
        await edge.events.until(BrokerConnected, number=2)
        assert await edge.publisher.publish(publication()) == Confirmed()
        assert edge.events.causes(ConnectionName.PUBLISH)[0] is LostCause.PUBLISH_TIMEOUT
        assert _intake(edge) is Intake.FULL
    # Unconfirmed is not lost: these had landed.
    assert len(await vhost.drain("orders.unrouted")) == 6


async def test_a_reset_connection_leaves_what_was_in_flight_unconfirmed(
    vhost: VirtualHost, proxy: Proxy
) -> None:
    """And the next is confirmed on a new connection."""
    async with publishing(Broker([through(proxy, vhost.url)])) as edge:
        proxy.stall(Direction.TO_CLIENT)
        publish = asyncio.create_task(edge.publisher.publish(publication(body=b"marked")))
        await proxy.saw(lambda way, data: way is Direction.TO_TARGET and b"marked" in data)
        proxy.resume()
        proxy.cut()
        result = await asyncio.wait_for(publish, 10)
        assert isinstance(result, Unconfirmed)
        assert "reset" in result.reason
        assert await edge.publisher.publish(publication()) == Confirmed()
        assert edge.events.causes(ConnectionName.PUBLISH) == [LostCause.CONNECTION_CLOSED]


async def test_a_publish_that_is_given_up_leaves_nothing_behind(
    vhost: VirtualHost, proxy: Proxy
) -> None:
    """At the end of the drain time who publishes is cancelled; the id is free again."""
    async with publishing(Broker([through(proxy, vhost.url)])) as edge:
        proxy.stall(Direction.TO_CLIENT)
        publish = asyncio.create_task(edge.publisher.publish(publication(body=b"marked")))
        await proxy.saw(lambda way, data: way is Direction.TO_TARGET and b"marked" in data)
        publish.cancel()
        with pytest.raises(asyncio.CancelledError):
            await publish
        proxy.resume()
        assert await edge.publisher.publish(publication()) == Confirmed()


def _intake(edge: Edge) -> Intake:
    return edge.gate.intake
