"""An `x-death` of a stranger's making, on a message that only the broker could park."""

import json

import pytest

from service.core import copies
from service.core.settlement import Settlement
from service.edges.amqp.broker import Broker
from service.flow.events.order import Settled
from tests.edges.amqp.edge import relaying
from tests.edges.amqp.hostile import BASE, BODY
from tests.world.broker import wire
from tests.world.broker.raw import Confirm, RawPublisher
from tests.world.broker.vhost import VirtualHost
from tests.world.broker.wire import Raw

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
    vhost: VirtualHost, broker: Broker
) -> None:
    """Each is parked and answered, and what the broker parks and what waits still arrive after.

    When such messages were rejected: the broker's dead-lettering process crashed, for good at the
    second of them, and nothing was parked and no retry came back on that node any more.
    """
    async with relaying(broker) as whole:
        with RawPublisher(vhost.url) as producer:
            for number, (properties, headers) in enumerate(DAMAGED.values(), 1):
                sent = {**BASE, **properties}
                confirm = producer.publish(b"orders", b"order.request", sent, headers, BODY)
                assert confirm is Confirm.ACK
                await whole.edge.events.until(Settled, settlement=Settlement.PARKED, number=number)
            plain = wire.table([TOO_LONG])
            producer.publish(b"orders", b"order.request", BASE, plain, BODY)
            producer.publish(b"orders.retry", b"1", {"message_id": b"waits"}, None, BODY)
            count = len(DAMAGED) + 1
            await vhost.until(
                lambda queues: queues["orders.parked"].ready == count, timeout_seconds=60
            )
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
