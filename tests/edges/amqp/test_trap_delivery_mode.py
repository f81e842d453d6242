"""The second trap: a delivery mode that is neither transient nor persistent."""

import asyncio
from collections.abc import AsyncIterator

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage

from service.core.settlement import Settlement
from service.edges.amqp.broker import Broker
from service.flow.events.order import Answered, Settled
from service.flow.events.process import BrokerConnected
from tests.edges.amqp.edge import relaying
from tests.edges.amqp.hostile import BODY
from tests.edges.amqp.rewriting import rewriting
from tests.world.broker import BrokerError
from tests.world.broker.raw import Confirm, RawPublisher
from tests.world.broker.vhost import VirtualHost
from tests.world.broker.wire import Raw

# In a content header the correlation id follows the delivery mode, where there is no priority.
PERSISTENT, UNKNOWN = b"\x02\x06c-mode", b"\x03\x06c-mode"


@pytest.fixture
async def url(vhost: VirtualHost) -> AsyncIterator[str]:
    """A way on which the broker hands out mode 3, as 4.x does; 3.x refuses to take it."""
    async with rewriting(vhost.url, PERSISTENT, UNKNOWN) as url:
        yield url


async def test_a_broker_takes_the_mode_or_says_no_to_its_producer(
    vhost: VirtualHost, broker: Broker
) -> None:
    """3.x closes the producer's connection, 4.x takes it: the relay serves what comes after."""
    async with relaying(broker) as whole:
        with RawPublisher(vhost.url) as producer:
            mode: dict[str, Raw] = {"message_id": b"o-1", "delivery_mode": 3}
            try:
                taken = producer.publish(b"orders", b"order.request", mode, body=BODY)
            except BrokerError as error:
                assert "delivery_mode_unknown" in str(error)  # noqa: PT017 - both are right
            else:
                assert taken is Confirm.ACK
                await whole.edge.events.until(Answered, request_id="o-1", status="accepted")
        with RawPublisher(vhost.url) as producer:
            good = {"message_id": b"o-2"}
            producer.publish(b"orders", b"order.request", good, body=BODY)
            await whole.edge.events.until(Settled, request_id="o-2")
        assert whole.edge.unbroken()


async def test_an_order_of_an_unknown_mode_is_served(vhost: VirtualHost, url: str) -> None:
    """The mode says nothing about the order.

    With aio-pika's own messages (the test below) the callback never ran for it.
    """
    async with relaying(Broker([url])) as whole:
        with RawPublisher(vhost.url) as producer:
            _publish(producer, b"orders", b"order.request")
        await whole.edge.events.until(Settled, settlement=Settlement.REPLIED, number=2)
        assert sorted(whole.log) == ["submit bad", "submit good"]
        assert whole.edge.unbroken()
        assert len(whole.edge.events.of(BrokerConnected)) == 2


async def test_the_bare_library_never_calls_back_for_it(vhost: VirtualHost, url: str) -> None:
    """What the cure is for: aio-pika's message raises, and its prefetch slot stays taken."""
    await vhost.declare("q")
    with RawPublisher(vhost.url) as producer:
        _publish(producer, b"", b"q")
    arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    connection = await aio_pika.connect(url, timeout=10)
    async with connection:
        channel = await connection.channel()
        queue = await channel.get_queue("q", ensure=False)
        await queue.consume(arrived.put)
        message = await asyncio.wait_for(arrived.get(), 10)
        assert message.message_id == "good"
        await message.ack()
        await vhost.until(lambda queues: queues["q"].unacked == 1)
        assert arrived.empty()


def _publish(producer: RawPublisher, exchange: bytes, key: bytes) -> None:
    bad: dict[str, Raw] = {"message_id": b"bad", "correlation_id": b"c-mode", "delivery_mode": 2}
    assert producer.publish(exchange, key, bad, body=BODY) is Confirm.ACK
    assert producer.publish(exchange, key, {"message_id": b"good"}, body=BODY) is Confirm.ACK
