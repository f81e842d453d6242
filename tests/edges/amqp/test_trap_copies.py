"""What must not travel with a copy (trap 6), and a stranger's `x-death`."""

import json
from urllib.parse import quote

import pytest
from aio_pika.abc import AbstractIncomingMessage

from service.core import copies
from service.core.history import History
from service.core.origin import came_back
from service.core.settlement import Settlement
from service.edges.amqp.broker import Broker
from service.flow.events.order import Settled
from service.flow.ports import Confirmed, Delivery
from tests.edges.amqp.edge import Edge, consuming, relaying
from tests.edges.amqp.hostile import BASE, BODY
from tests.world.broker import wire
from tests.world.broker.raw import Confirm, RawPublisher
from tests.world.broker.vhost import VirtualHost
from tests.world.broker.wire import Raw

DEATH = wire.array_field(
    [
        wire.table_field(
            wire.table(
                [
                    (b"queue", wire.text_field(queue)),
                    (b"reason", wire.text_field(b"expired")),
                    (b"count", wire.integer_field(1)),
                    (b"exchange", wire.text_field(b"")),
                    (b"routing-keys", wire.array_field([wire.text_field(queue)])),
                ]
            )
        )
        for queue in (b"orders.retry.1", b"orders.requests")
    ]
)
HEADERS = wire.table(
    [
        (b"x-death", DEATH),
        (b"x-first-death-queue", wire.text_field(b"orders.retry.1")),
        (b"x-first-death-reason", wire.text_field(b"expired")),
        (b"x-first-death-exchange", wire.text_field(b"")),
        (b"x-last-death-queue", wire.text_field(b"orders.retry.1")),
        (b"x-delivery-count", wire.integer_field(7)),
        (b"x-acquired-count", wire.integer_field(7)),
        (b"CC", wire.array_field([wire.text_field(b"5")])),
        (b"BCC", wire.array_field([wire.text_field(b"5")])),
        (b"kept", wire.text_field(b"as it was")),
    ]
)
DROPPED = {"x-death", "x-acquired-count", "CC", "BCC"}


def _loaded(vhost: VirtualHost) -> dict[str, Raw]:
    return {
        "message_id": b"o-1",
        "correlation_id": b"c-1",
        "reply_to": b"who",
        "content_type": b"application/json",
        "content_encoding": b"utf-8",
        "type": b"order",
        "app_id": b"shop",
        "timestamp": 1_700_000_000,
        "user_id": quote(f"{vhost.user}-shop").encode(),
        "priority": 9,
        "expiration": b"60000",
        "delivery_mode": 1,
    }


async def _retry(edge: Edge, delivery: Delivery) -> None:
    copy = copies.retry_copy(delivery.received, History(first_seen=edge.clock.now()), 1)
    assert await edge.publisher.publish(copy) == Confirmed()
    await delivery.ack()


async def test_what_the_broker_would_act_on_is_not_in_a_copy(
    vhost: VirtualHost, broker: Broker, shop: RawPublisher
) -> None:
    """A retry waits as long as its queue says, comes back alone, and does so again and again.

    With the foreign `user_id`: the broker closed the channel with 406. With `x-death`: the first
    retry was dropped in silence and never came back. With `CC`: a second copy waited elsewhere.
    """
    async with consuming(broker) as edge:
        await vhost.declare("spy")
        async with vhost.channel() as channel:
            await (await channel.get_queue("spy")).bind("orders.retry", "1")
        confirm = shop.publish(
            b"orders", b"order.request", _loaded(vhost), headers=HEADERS, body=BODY
        )
        assert confirm is Confirm.ACK
        for number in (1, 2):
            delivery = await edge.inbox.until(number)
            # The producer's `x-death` says so too, but not the exchange that it came by.
            assert came_back(delivery.received) == (number > 1)
            await _retry(edge, delivery)
        back = await edge.inbox.until(3)
        assert came_back(back.received)
        await back.ack()
        waited = await vhost.drain("spy")
        assert len(waited) == 2
        assert not await vhost.drain("orders.retry.5")
        assert edge.unbroken()
        _check_waiting(waited[0], vhost)
        _check_back(back, vhost)


def _check_waiting(waited: AbstractIncomingMessage, vhost: VirtualHost) -> None:
    assert not DROPPED & waited.headers.keys()
    # The count of the queue that it waited in, which 4.0 leaves out while it is zero.
    assert waited.headers.get("x-delivery-count", 0) == 0
    assert not [name for name in waited.headers if name.startswith(("x-first", "x-last"))]
    assert (waited.priority or 0, waited.expiration, waited.user_id) == (0, None, None)
    assert waited.delivery_mode == 2
    assert waited.headers["kept"] == "as it was"
    assert waited.headers[copies.ORIGINAL_EXCHANGE] == "orders"
    assert waited.headers[copies.ORIGINAL_ROUTING_KEY] == "order.request"
    assert waited.headers[copies.ORIGINAL_USER_ID] == f"{vhost.user}-shop"


def _check_back(back: Delivery, vhost: VirtualHost) -> None:
    message = back.received.message
    assert message.body == BODY
    assert (message.message_id, message.correlation_id) == ("o-1", "c-1")
    assert (message.reply_to, message.type, message.app_id) == ("who", "order", "shop")
    assert (message.content_type, message.content_encoding) == ("application/json", "utf-8")
    assert message.timestamp is not None
    assert message.timestamp.timestamp() == 1_700_000_000
    assert message.user_id is None
    # What the broker wrote about the hop just made, and nothing from before.
    assert "CC" not in message.headers
    deaths = message.headers["x-death"]
    assert isinstance(deaths, list)
    assert [(death["queue"], death["count"]) for death in deaths] == [("orders.retry.1", 1)]
    assert message.headers[copies.ORIGINAL_USER_ID] == f"{vhost.user}-shop"
    assert message.headers[copies.ORIGINAL_EXCHANGE] == "orders"


NO_TABLES = (b"x-death", wire.array_field([wire.integer_field(1)]))
"""A list, but not of tables: RabbitMQ 3.10 has no clause for it."""

TOO_LONG = (b"k" * 129, wire.integer_field(1))
DAMAGED: dict[str, tuple[dict[str, Raw], bytes]] = {
    "a key": ({}, wire.table([NO_TABLES, TOO_LONG])),
    "depth": ({}, wire.table([NO_TABLES, (b"t", wire.table_field(wire.deep_table(600)))])),
    "size": ({}, wire.table([NO_TABLES, (b"t", wire.text_field(b"x" * 70_000))])),
    "a property": (
        {"app_id": b"\xff" * 255, "message_id": b"\xfe"},
        wire.table([NO_TABLES]),
    ),
}


@pytest.mark.timeout(180)
async def test_it_does_not_end_the_dead_lettering_of_the_broker(
    vhost: VirtualHost, broker: Broker, producer: RawPublisher
) -> None:
    """Each is parked and answered, and what the broker parks and what waits still arrive after.

    When such messages were rejected: the broker's dead-lettering process crashed, for good at the
    second of them, and nothing was parked and no retry came back on that node any more.
    """
    async with relaying(broker) as whole:
        for number, (properties, headers) in enumerate(DAMAGED.values(), 1):
            sent = {**BASE, **properties}
            confirm = producer.publish(b"orders", b"order.request", sent, headers, BODY)
            assert confirm is Confirm.ACK
            await whole.edge.events.until(Settled, settlement=Settlement.PARKED, number=number)
        plain = wire.table([TOO_LONG])
        producer.publish(b"orders", b"order.request", BASE, plain, BODY)
        producer.publish(b"orders.retry", b"1", {"message_id": b"waits"}, None, BODY)
        count = len(DAMAGED) + 1
        await vhost.until(lambda queues: queues["orders.parked"].ready == count, timeout_seconds=60)
        await whole.edge.events.until(Settled, settlement=Settlement.REPLIED)
        parked = [producer.get(b"orders.parked") for _ in range(count)]
        replies = await vhost.drain("orders.unrouted")
    assert all(message is not None and message.body == BODY for message in parked)
    statuses = [json.loads(reply.body)["status"] for reply in replies]
    assert sorted(statuses) == ["accepted", *["rejected"] * count]
    kept = parked[0]
    assert kept is not None
    assert copies.ORIGINAL_HEADERS.encode() in kept.header
    assert b"k" * 129 in kept.header
