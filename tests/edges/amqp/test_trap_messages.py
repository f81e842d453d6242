"""Messages that a client library cannot decode cost nobody the connection (traps 1 and 2)."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aio_pika.abc import AbstractIncomingMessage
from yarl import URL

from service.core.settlement import Settlement
from service.edges.amqp.broker import Broker
from service.flow.events.ends import Answered
from service.flow.events.order import Settled
from service.flow.events.process import BrokerConnected
from tests.edges.amqp.edge import WholeRelay, relaying
from tests.edges.amqp.hostile import BASE, BODY, HOSTILE, OUT_OF_RANGE, Hostile
from tests.world.broker import BrokerError, wire
from tests.world.broker.raw import Confirm, RawMessage, RawPublisher
from tests.world.broker.vhost import VirtualHost
from tests.world.broker.wire import Raw


async def test_malformed_messages_cost_nobody_the_connection(
    vhost: VirtualHost, broker: Broker, producer: RawPublisher
) -> None:
    """Each is answered, parked byte for byte, and an order behind it served, without a reconnect.

    Without the tolerant decoders: the consuming connection was lost again and again from the
    first of them on, no order behind it was served, and nothing reached the parked queue.
    """
    async with relaying(broker) as whole:
        async with vhost.channel() as channel:
            # A binding of the operator's own, which lets keys through that ours does not.
            await (await channel.get_queue("orders.requests")).bind("orders", "#")
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
    vhost: VirtualHost, broker: Broker, producer: RawPublisher
) -> None:
    """Neither an id nor a way back: only the parked queue has it.

    Without the tolerant decoders: the connection was lost for ever, as above.
    """
    async with relaying(broker) as whole:
        hostile = {"message_id": b"\xff"}
        assert producer.publish(b"orders", b"order.request", hostile) is Confirm.ACK
        await whole.edge.events.until(Settled, settlement=Settlement.DEAD_LETTERED)
        await _serves_a_good_one(whole, producer, "good-1")
        await vhost.until(lambda queues: queues["orders.parked"].ready == 1)
        assert _taken(producer, b"orders.parked").properties["message_id"] == b"\xff"
    assert [event.request_id for event in whole.edge.events.of(Answered)] == ["good-1"]


async def test_a_timestamp_out_of_range_is_no_reason_to_refuse_the_order(
    vhost: VirtualHost, broker: Broker, producer: RawPublisher
) -> None:
    """A producer that counts in milli-, micro- or nanoseconds has its order placed.

    Without the tolerant decoders: microseconds cost one connection after the other, and the order
    was never placed.
    """
    async with relaying(broker) as whole:
        for name, timestamp in OUT_OF_RANGE.items():
            properties = {**BASE, "message_id": name.encode(), "timestamp": timestamp}
            confirm = producer.publish(b"orders", b"order.request", properties, body=BODY)
            assert confirm is Confirm.ACK
            await whole.edge.events.until(Answered, status="accepted", request_id=name)
        await _serves_a_good_one(whole, producer, "good-1")


FAR_DEADLINES = {
    "after the year 2106": wire.timestamp_field(2**32),
    "in the year 2200": wire.timestamp_field(7_258_118_400),
    "the last second": wire.timestamp_field(253_402_300_799),
    "as a number": wire.integer_field(253_402_300_799),
    "as an unsigned number": b"i\xff\xff\xff\xff",
    "as a double": b"d" + struct.pack(">d", 253_402_300_799.0),
    "as a float": b"f" + struct.pack(">f", 4e9),
    "as a decimal": b"D\x00\xff\xff\xff\xff",
}


async def test_a_deadline_far_ahead_is_none_of_the_past(
    vhost: VirtualHost, broker: Broker, producer: RawPublisher
) -> None:
    """Whatever type of AMQP it has, up to the end of its range: the order is placed.

    As pamqp reads them: `failed`, for a deadline in 1970, or `rejected` for one before that.
    """
    async with relaying(broker) as whole:
        for name, field in FAR_DEADLINES.items():
            headers = wire.table([(b"x-order-relay-deadline", field)])
            properties = {**BASE, "message_id": name.encode()}
            confirm = producer.publish(b"orders", b"order.request", properties, headers, BODY)
            assert confirm is Confirm.ACK
            await whole.edge.events.until(Answered, request_id=name, status="accepted")
        assert whole.edge.unbroken()


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


# In a content header the correlation id follows the delivery mode, where there is no priority.
PERSISTENT, UNKNOWN = b"\x02\x06c-mode", b"\x03\x06c-mode"


@asynccontextmanager
async def rewriting(url: str, old: bytes, new: bytes) -> AsyncIterator[str]:
    """The URL of the same broker by a way on which it says `new` where it said `old`.

    Both have one length, and each occurrence comes in one piece.
    """
    target = URL(url)
    assert len(old) == len(new)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(target.host, target.port)
        ways = [
            asyncio.create_task(_carry(reader, there_writer, b"", b"")),
            asyncio.create_task(_carry(there_reader, writer, old, new)),
        ]
        await asyncio.wait(ways)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield str(target.with_port(server.sockets[0].getsockname()[1]))
    finally:
        server.close()


async def _carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, old: bytes, new: bytes
) -> None:
    while data := await reader.read(65536):
        writer.write(data.replace(old, new) if old else data)
    writer.close()


async def test_a_broker_takes_the_mode_or_refuses_it(vhost: VirtualHost, broker: Broker) -> None:
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


async def test_an_order_of_an_unknown_mode_is_served(
    vhost: VirtualHost, producer: RawPublisher
) -> None:
    """The mode says nothing about the order: 4.x hands it out, 3.x refuses to take it.

    With aio-pika's own messages the callback never ran for it, and its prefetch slot stayed taken.
    """
    async with (
        rewriting(vhost.url, PERSISTENT, UNKNOWN) as url,
        relaying(Broker([url])) as whole,
    ):
        bad: dict[str, Raw] = {"message_id": b"bad", "correlation_id": b"c-mode"}
        for properties in (bad | {"delivery_mode": 2}, {"message_id": b"good"}):
            confirm = producer.publish(b"orders", b"order.request", properties, body=BODY)
            assert confirm is Confirm.ACK
        await whole.edge.events.until(Settled, settlement=Settlement.REPLIED, number=2)
        assert sorted(whole.log) == ["submit bad", "submit good"]
        assert whole.edge.unbroken()
        assert len(whole.edge.events.of(BrokerConnected)) == 2
