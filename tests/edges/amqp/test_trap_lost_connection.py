"""The fourth trap: a lost connection cancels the callbacks that run for it."""

import asyncio

from aiormq.abc import DeliveredMessage

from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker
from service.flow.events.labels import ConnectionName, LostCause
from service.flow.events.order import Abandoned, DeliveryArrived, Settled
from service.flow.events.process import ConsumingStarted
from tests.edges.amqp.edge import relaying
from tests.edges.amqp.hostile import BODY
from tests.edges.amqp.proxied import through
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Proxy


async def test_losing_the_connection_does_not_cancel_the_order_in_flight(
    vhost: VirtualHost,
) -> None:
    """The POST ends as if nothing had happened, and its answer serves the delivery's repeat.

    With the order carried in the consumer's callback itself: it was cancelled with the
    connection, and the API got the order a second time.
    """
    async with Proxy("127.0.0.1", vhost.node.amqp_port) as proxy:
        broker = Broker([through(proxy, vhost.url)])
        async with relaying(broker) as whole:
            whole.api.pause()
            await vhost.publish(
                BODY, exchange="orders", routing_key="order.request", message_id="o-1"
            )
            await whole.log.until("submit o-1")
            assert proxy.cut() == 2
            await whole.edge.events.until(ConsumingStarted, number=2)
            await whole.edge.events.until(DeliveryArrived, redelivered=True)
            whole.api.resume()
            await whole.edge.events.until(Abandoned, request_id="o-1")
            await whole.edge.events.until(Settled, request_id="o-1")
            assert whole.log == ["submit o-1"]
            causes = whole.edge.events.causes(ConnectionName.CONSUME)
            assert causes == [LostCause.CONNECTION_CLOSED]
    await vhost.until(lambda queues: queues["orders.requests"].messages == 0)
    replies = await vhost.drain("orders.unrouted")
    assert len(replies) == 1
    assert b'"order": "ord_o-1"' in replies[0].body


async def test_the_bare_library_cancels_what_runs_in_a_callback(vhost: VirtualHost) -> None:
    """What the cure is for: the work of a callback ends with the connection."""
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    begun = asyncio.Event()

    async def work(_: DeliveredMessage) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.set_result("cancelled")
            raise

    await vhost.declare("q")
    await vhost.publish(b"", routing_key="q")
    async with Proxy("127.0.0.1", vhost.node.amqp_port) as proxy:
        connection, _ = await Broker([through(proxy, vhost.url)]).connect(ConnectionName.CONSUME)
        outer = connection.channel(publisher_confirms=False)
        await outer.initialize()
        channel = await outer.get_underlay_channel()
        await channel.basic_consume("q", work)
        await asyncio.wait_for(begun.wait(), 10)
        proxy.cut()
        assert await asyncio.wait_for(ended, 10) == "cancelled"
        await brokers.close(connection)
