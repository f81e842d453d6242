"""The sixth trap: what must not travel with a copy of a message."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from aio_pika.abc import AbstractIncomingMessage

from service.core import copies
from service.core.history import History
from service.edges.amqp.broker import Broker
from service.flow.ports import Confirmed, Delivery
from tests.edges.amqp.edge import Edge, consuming
from tests.edges.amqp.hostile import BODY
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


@pytest.fixture
def producer(vhost: VirtualHost) -> Iterator[RawPublisher]:
    """A producer under a name of its own, which is its `user_id`."""
    user = f"{vhost.user}-shop"
    vhost.node.add_user(user, "secret")
    try:
        vhost.node.set_permissions(user, vhost.name)
        url = vhost.node.amqp_url(user, "secret", vhost.name)
        with RawPublisher(url) as producer:
            yield producer
    finally:
        vhost.node.delete_user(user)


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
    vhost: VirtualHost, broker: Broker, producer: RawPublisher
) -> None:
    """A retry waits as long as its queue says, comes back alone, and does so again and again.

    With the foreign `user_id`: the broker closed the channel with 406. With `x-death`: the first
    retry was dropped in silence and never came back. With `CC`: a second copy waited elsewhere.
    """
    async with consuming(broker) as edge:
        await vhost.declare("spy")
        async with vhost.channel() as channel:
            await (await channel.get_queue("spy")).bind("orders.retry", "1")
        confirm = producer.publish(
            b"orders", b"order.request", _loaded(vhost), headers=HEADERS, body=BODY
        )
        assert confirm is Confirm.ACK
        for number in (1, 2):
            await _retry(edge, await edge.inbox.until(number))
        back = await edge.inbox.until(3)
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
