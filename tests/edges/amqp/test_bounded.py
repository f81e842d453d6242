"""The bound on a body, which holds before the body is read."""

import asyncio
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp.constants import FRAME_BODY, FRAME_HEADER, FRAME_METHOD
from pamqp.heartbeat import Heartbeat

from service.core.settlement import Settlement
from service.edges.amqp import broker as brokers
from service.edges.amqp.bounded import BEAT_SECONDS, STANDS_IN, BoundedReader
from service.edges.amqp.broker import Broker
from service.edges.amqp.codec import to_received
from service.edges.amqp.direct import Direct
from service.flow.events.ends import Answered
from service.flow.events.labels import ConnectionName
from service.flow.events.order import Settled
from tests.edges.amqp.edge import WholeRelay, relaying
from tests.edges.amqp.eventlog import WAIT_SECONDS
from tests.edges.amqp.hostile import BASE, BODY
from tests.edges.amqp.tables import delivered, quick
from tests.world.broker import wire
from tests.world.broker.raw import Confirm, RawPublisher
from tests.world.broker.vhost import VirtualHost
from tests.world.broker.wire import Raw

BOUND = 100
PIECE_BYTES = 64 * 1024
HEARTBEAT = Heartbeat.marshal()
METHOD = wire.frame(FRAME_METHOD, 1, wire.method(60, 60, b"arguments"))


def header(size: int, channel: int = 1, properties: bytes = b"\x00\x00") -> bytes:
    """A content header that says so large a body follows."""
    return wire.frame(FRAME_HEADER, channel, wire.content_header(size, properties))


def part(size: int, channel: int = 1) -> bytes:
    """A frame with so much of a body."""
    return wire.frame(FRAME_BODY, channel, b"x" * size)


def stand_in(size: int, channel: int = 1) -> bytes:
    """What comes in place of a content header and its body."""
    head = struct.pack(">HHQ", 60, STANDS_IN, 8) + b"\x00\x00"
    return wire.frame(FRAME_HEADER, channel, head) + wire.frame(
        FRAME_BODY, channel, struct.pack(">Q", size)
    )


async def read(sent: bytes, step: int = 1 << 20) -> bytes:
    """All that is read where `sent` is on the wire, and then the end of it."""
    reader = BoundedReader(Direct(BOUND), BOUND)
    for at in range(0, len(sent), step):
        reader.feed_data(sent[at : at + step])
    reader.feed_eof()
    return await reader.read()


TABLE = {
    "a body at the bound": (header(BOUND) + part(BOUND), header(BOUND) + part(BOUND)),
    "no body": (header(0) + METHOD, header(0) + METHOD),
    "a body above the bound": (
        header(BOUND + 1) + part(BOUND + 1) + METHOD,
        stand_in(BOUND + 1) + METHOD,
    ),
    "in several frames": (
        header(300) + part(200) + part(100) + header(3) + part(3),
        stand_in(300) + header(3) + part(3),
    ),
    "with others between": (
        header(300) + part(200) + HEARTBEAT + header(9, 2) + part(9, 2) + part(100) + METHOD,
        stand_in(300) + HEARTBEAT + header(9, 2) + part(9, 2) + METHOD,
    ),
    "on two channels": (
        header(300) + header(400, 2) + part(300) + part(400, 2) + part(1),
        stand_in(300) + stand_in(400, 2) + part(1),
    ),
    "cut short by its channel's end": (
        header(300) + part(200) + METHOD + header(7) + part(7),
        stand_in(300) + METHOD + header(7) + part(7),
    ),
    "properties": (header(300, 1, b"\x80\x00\x01k") + part(300), b"\x80\x00\x01k"),
}


@pytest.mark.parametrize("name", TABLE)
async def test_a_body_above_the_bound_is_replaced(name: str) -> None:
    """By its size; all else comes as it was, whole or byte by byte."""
    sent, expected = TABLE[name]
    for found in (await read(sent), await read(sent, 1)):
        assert expected in found if name == "properties" else found == expected


@quick
@given(st.lists(st.sampled_from([METHOD, HEARTBEAT, header(7) + part(7)])), st.integers(1, 50))
def test_all_else_is_read_byte_for_byte(frames: list[bytes], step: int) -> None:
    """In steps of any size."""
    sent = b"".join(frames)
    assert asyncio.run(read(sent, step)) == sent


async def test_what_is_dropped_is_never_held() -> None:
    """However large the body is that a header announces.

    What is dropped is no silence: aiormq takes a connection for dead on which no frame comes.
    """
    now = [0.0]
    reader = BoundedReader(Direct(BOUND), BOUND, lambda: now[0])
    size = 1 << 40
    reader.feed_data(header(size) + wire.frame(FRAME_BODY, 1, b"")[:3])
    reader.feed_data(struct.pack(">I", 1 << 31))
    assert await reader.readexactly(len(stand_in(size))) == stand_in(size)
    for _ in range(20):
        now[0] += BEAT_SECONDS
        reader.feed_data(b"x" * PIECE_BYTES)
        assert await reader.readexactly(len(HEARTBEAT)) == HEARTBEAT
        reader.feed_data(b"x" * PIECE_BYTES)
    assert len(reader._ahead) == 0  # noqa: SLF001 - what it holds is what is asked


@pytest.mark.parametrize("sent", [b"", b"HT", b"\x01\x00\x01\x00\x00\x00\x09cut", header(300)[:9]])
async def test_an_end_in_mid_frame_is_told(sent: bytes) -> None:
    """aiormq waits for this exception."""
    reader = BoundedReader(Direct(BOUND), BOUND)
    reader.feed_data(sent)
    reader.feed_eof()
    with pytest.raises(asyncio.IncompleteReadError):
        await reader.readexactly(50)


def test_a_stand_in_says_how_large_the_body_was() -> None:
    """It is not taken for the body."""
    message = delivered(b"\x00\x00", struct.pack(">Q", 70_000))
    message.header.weight = STANDS_IN
    received = to_received(message)
    assert (received.dropped_body_bytes, received.body_bytes, received.message.body) == (
        70_000,
        70_000,
        b"",
    )
    small = to_received(delivered(b"\x00\x00", b"12345678"))
    assert (small.dropped_body_bytes, small.body_bytes) == (None, 8)


LARGE = b"{}".ljust(3_000_000)


async def test_a_large_order_is_answered_and_costs_nobody_the_connection(
    vhost: VirtualHost, broker: Broker, producer: RawPublisher
) -> None:
    """With its true size; it is not parked, for its producer is told."""
    async with relaying(broker) as whole:
        sent: dict[str, Raw] = {**BASE, "message_id": b"large"}
        assert producer.publish(b"orders", b"order.request", sent, body=LARGE) is Confirm.ACK
        await _settled(whole, "large", Settlement.REPLIED)
        await _served(whole, producer)
        (answered,) = (e for e in whole.edge.events.of(Answered) if e.request_id == "large")
        assert (answered.status, answered.code) == ("rejected", "invalid_message")
        reply, _ = await vhost.drain("orders.unrouted")
        assert b"the body has 3000000 bytes; at most 65536 are allowed" in reply.body
    assert "orders.parked" not in {name for name, q in vhost.queues().items() if q.ready}


@pytest.mark.parametrize("properties", [{}, {"message_id": b"\xff"}], ids=["no id", "no UTF-8"])
async def test_a_large_message_that_is_no_order_is_parked_byte_for_byte(
    vhost: VirtualHost, broker: Broker, producer: RawPublisher, properties: dict[str, Raw]
) -> None:
    """By the broker: the relay never had its body."""
    async with relaying(broker) as whole:
        sent = {"type": b"big", "delivery_mode": 2, "reply_to": b"who", **properties}
        assert producer.publish(b"orders", b"order.request", sent, body=LARGE) is Confirm.ACK
        await whole.edge.events.until(Settled, settlement=Settlement.DEAD_LETTERED)
        await _served(whole, producer)
        await vhost.until(lambda queues: queues["orders.parked"].ready == 1)
        parked = producer.get(b"orders.parked")
        assert parked is not None
        assert (parked.body, parked.properties["type"]) == (LARGE, b"big")
        told, _ = await vhost.drain("orders.unrouted")
        assert (told.routing_key, b"rejected" in told.body) == ("who", True)


async def test_a_large_message_with_a_made_up_death_is_parked_without_its_body(
    vhost: VirtualHost, broker: Broker, producer: RawPublisher
) -> None:
    """On RabbitMQ 3.10 the broker could not move it, and then nothing else either."""
    async with relaying(broker) as whole:
        headers = wire.table([(b"x-death", wire.text_field(b"made up"))])
        sent: dict[str, Raw] = {"type": b"big", "delivery_mode": 2}
        confirm = producer.publish(b"orders", b"order.request", sent, headers, LARGE)
        assert confirm is Confirm.ACK
        await whole.edge.events.until(Settled, settlement=Settlement.PARKED)
        await _served(whole, producer)
        parked = producer.get(b"orders.parked")
        assert parked is not None
        assert parked.body == b""
        assert b"x-order-relay-original-body-bytes" in bytes(parked.properties["headers"])


async def _settled(whole: WholeRelay, request_id: str, settlement: Settlement) -> None:
    await whole.edge.events.until(Settled, request_id=request_id, settlement=settlement)


async def _served(whole: WholeRelay, producer: RawPublisher) -> None:
    good: dict[str, Raw] = {"message_id": b"good", "delivery_mode": 2}
    assert producer.publish(b"orders", b"order.request", good, body=BODY) is Confirm.ACK
    await _settled(whole, "good", Settlement.REPLIED)
    assert whole.edge.unbroken()


async def test_without_the_bound_a_message_comes_whole(
    vhost: VirtualHost, producer: RawPublisher
) -> None:
    """As those who replay or export what is parked need it."""
    connection, _ = await Broker([vhost.url]).connect(ConnectionName.CONSUME)
    try:
        sent: dict[str, Raw] = {"message_id": b"large", "delivery_mode": 2}
        producer.publish(b"orders", b"order.request", sent, body=LARGE)
        queue = await (await connection.channel()).get_queue("orders.requests", ensure=False)
        message = await queue.get(timeout=WAIT_SECONDS)
        assert message is not None
        assert message.body == LARGE
    finally:
        await brokers.close(connection)
