"""The first trap: one malformed message kills the connection, again and again."""

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage
from aiormq.exceptions import InvalidFrameError

from service.core.settlement import Settlement
from service.edges.amqp.broker import Broker
from service.flow.events.order import Answered, Settled
from service.flow.events.process import BrokerConnected
from tests.edges.amqp.bare import pamqp_as_it_is
from tests.edges.amqp.edge import WholeRelay, relaying
from tests.edges.amqp.hostile import BASE, BODY, HOSTILE, OUT_OF_RANGE, Hostile
from tests.world.broker.raw import Confirm, RawMessage, RawPublisher
from tests.world.broker.vhost import VirtualHost
from tests.world.broker.wire import Raw


async def test_malformed_messages_cost_nobody_the_connection(
    vhost: VirtualHost, broker: Broker
) -> None:
    """Each is answered, parked byte for byte, and an order behind it served, without a reconnect.

    Without the tolerant decoders: the consuming connection was lost again and again from the
    first of them on, no order behind it was served, and nothing reached the parked queue.
    """
    async with relaying(broker) as whole:
        async with vhost.channel() as channel:
            # A binding of the operator's own, which lets keys through that ours does not.
            await (await channel.get_queue("orders.requests")).bind("orders", "#")
        with RawPublisher(vhost.url) as producer:
            for number, hostile in enumerate(HOSTILE, 1):
                hostile.publish(producer)
                await whole.edge.events.until(
                    Settled, settlement=Settlement.DEAD_LETTERED, number=number
                )
                await _serves_a_good_one(whole, producer, f"good-{number}")
            await vhost.until(lambda queues: queues["orders.parked"].ready == len(HOSTILE))
            for hostile in HOSTILE:
                _check_parked(_taken(producer, b"orders.parked"), hostile)
        replies = await vhost.drain("orders.unrouted")
    refused = [reply for reply in replies if b"invalid_message" in reply.body]
    assert [_address(reply) for reply in refused] == [
        (hostile.reply_key, hostile.correlation_id) for hostile in HOSTILE
    ]


async def test_one_that_nobody_can_be_told_about_is_parked_without_an_answer(
    vhost: VirtualHost, broker: Broker
) -> None:
    """Neither an id nor a way back: only the parked queue has it.

    Without the tolerant decoders: the connection was lost for ever, as above.
    """
    async with relaying(broker) as whole:
        with RawPublisher(vhost.url) as producer:
            hostile = {"message_id": b"\xff"}
            assert producer.publish(b"orders", b"order.request", hostile) is Confirm.ACK
            await whole.edge.events.until(Settled, settlement=Settlement.DEAD_LETTERED)
            await _serves_a_good_one(whole, producer, "good-1")
            await vhost.until(lambda queues: queues["orders.parked"].ready == 1)
            assert _taken(producer, b"orders.parked").properties["message_id"] == b"\xff"
    assert [event.request_id for event in whole.edge.events.of(Answered)] == ["good-1"]


async def test_a_timestamp_out_of_range_is_no_reason_to_refuse_the_order(
    vhost: VirtualHost, broker: Broker
) -> None:
    """A producer that counts in milli-, micro- or nanoseconds has its order placed.

    Without the tolerant decoders: microseconds cost one connection after the other, and the order
    was never placed.
    """
    async with relaying(broker) as whole:
        with RawPublisher(vhost.url) as producer:
            for name, timestamp in OUT_OF_RANGE.items():
                properties = {**BASE, "message_id": name.encode(), "timestamp": timestamp}
                confirm = producer.publish(b"orders", b"order.request", properties, body=BODY)
                assert confirm is Confirm.ACK
                await whole.edge.events.until(Answered, status="accepted", request_id=name)
            await _serves_a_good_one(whole, producer, "good-1")


async def test_the_bare_library_loses_its_connection(vhost: VirtualHost) -> None:
    """What the cure is for: pamqp's own decoders take the connection down with the message."""
    await vhost.declare("q")
    with RawPublisher(vhost.url) as producer:
        assert producer.publish(b"", b"q", {"message_id": b"\xff"}) is Confirm.ACK
    with pamqp_as_it_is():
        connection = await aio_pika.connect(vhost.url, timeout=10)
        async with connection:
            channel = await connection.channel()
            queue = await channel.get_queue("q", ensure=False)
            assert connection.transport is not None
            closing = connection.transport.connection.closing
            await queue.consume(_ignore)
            with pytest.raises(InvalidFrameError, match="decode byte 0xff"):
                await closing


async def _ignore(_: AbstractIncomingMessage) -> None:
    """Nothing gets here."""


async def _serves_a_good_one(whole: WholeRelay, producer: RawPublisher, message_id: str) -> None:
    good: dict[str, Raw] = {"message_id": message_id.encode(), "delivery_mode": 2}
    assert producer.publish(b"orders", b"order.request", good, body=BODY) is Confirm.ACK
    await whole.edge.events.until(Settled, request_id=message_id, settlement=Settlement.REPLIED)
    assert whole.edge.unbroken()
    assert len(whole.edge.events.of(BrokerConnected)) == 2


def _check_parked(parked: RawMessage, hostile: Hostile) -> None:
    properties = {name: raw for name, raw in parked.properties.items() if name != "headers"}
    assert properties == hostile.sent, hostile.name
    assert (parked.routing_key, parked.body) == (hostile.routing_key, BODY)
    headers = parked.properties["headers"]
    assert isinstance(headers, bytes)
    # Behind the length, for the broker adds what it says about the dead-lettering.
    assert hostile.headers is None or hostile.headers[4:] in headers, hostile.name


def _taken(producer: RawPublisher, queue: bytes) -> RawMessage:
    message = producer.get(queue)
    assert message is not None
    return message


def _address(reply: AbstractIncomingMessage) -> tuple[str | None, str | None]:
    return reply.routing_key, reply.correlation_id
