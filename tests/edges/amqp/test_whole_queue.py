"""Holding a whole queue: in order, again and again, and by one at a time."""

import asyncio

import pytest

from service.edges.amqp.broker import Broker
from service.edges.amqp.delivery import AmqpDelivery
from service.edges.amqp.held import SharedQueueError
from service.edges.amqp.whole_queue import WholeQueue
from tests.edges.amqp.edge import almost_no_pause
from tests.world.broker.vhost import VirtualHost

QUEUE = "orders.parked"


async def fill(vhost: VirtualHost, count: int, first: int = 0) -> list[bytes]:
    """Park this many messages; their bodies."""
    bodies = [b"%d" % number for number in range(first, first + count)]
    async with vhost.channel() as channel:
        wire = await channel.get_underlay_channel()
        for body in bodies:
            await wire.basic_publish(body, exchange=QUEUE, routing_key="", mandatory=True)
    return bodies


def whole(broker: Broker, **options: float) -> WholeQueue:
    """The parked queue."""
    part = int(options.pop("a_channel", 8_192))
    return WholeQueue(broker, QUEUE, random=almost_no_pause, a_channel=part, **options)


def body_of(delivery: AmqpDelivery) -> bytes:
    """All that is kept here of it."""
    return delivery.received.message.body


async def look(queue: WholeQueue) -> list[bytes]:
    """All bodies, in the order of the queue."""
    async with queue.held(body_of, "looking") as held:
        return held.kept


@pytest.mark.parametrize("a_channel", [8_192, 8, 20, 7])
async def test_looks_change_nothing(vhost: VirtualHost, broker: Broker, a_channel: int) -> None:
    """All are seen, in order, however many looks there were, and on however many channels."""
    bodies = await fill(vhost, 20)
    queue = whole(broker, a_channel=a_channel)
    for _ in range(4):
        assert await look(queue) == bodies
    assert await look(whole(broker)) == bodies


async def test_an_empty_queue_is_seen_as_empty(vhost: VirtualHost, broker: Broker) -> None:
    """At once."""
    assert await look(whole(broker)) == []
    assert await vhost.ready(QUEUE) == 0


async def test_what_is_acked_is_gone_and_the_rest_stays_in_order(
    vhost: VirtualHost, broker: Broker
) -> None:
    """Every second one of a hundred: no ack is lost when the connection closes."""
    bodies = await fill(vhost, 100)
    async with whole(broker, a_channel=30).held(lambda one: one, "taking") as held:
        assert held.count == 100
        for each in held.kept[::2]:
            await each.ack()
        assert (held.alive, held.acked) == (True, 50)
    assert await look(whole(broker)) == bodies[1::2]
    await vhost.until_ready(QUEUE, 50)


@pytest.mark.parametrize("a_channel", [8_192, 8])
async def test_two_who_look_at_once_both_see_all(
    vhost: VirtualHost, broker: Broker, a_channel: int
) -> None:
    """One after the other: each alone would see a part, and the parts would change places."""
    bodies = await fill(vhost, 30)
    queue = whole(broker, a_channel=a_channel)
    looks = await asyncio.gather(*(look(queue) for _ in range(4)))
    assert [sorted(each) for each in looks] == [sorted(bodies)] * 4


async def test_somebody_who_keeps_reading_is_told_of(vhost: VirtualHost, broker: Broker) -> None:
    """And not that the queue is empty."""
    await fill(vhost, 3)
    async with vhost.channel() as channel:
        await channel.set_qos(prefetch_count=10)
        queue = await channel.get_queue(QUEUE, ensure=False)
        arrived: asyncio.Queue[object] = asyncio.Queue()
        await queue.consume(arrived.put)
        for _ in range(3):
            await asyncio.wait_for(arrived.get(), 50)
        with pytest.raises(SharedQueueError, match=r"others read orders\.parked"):
            await look(whole(broker, patience_seconds=0.5))
    assert len(await look(whole(broker))) == 3


async def test_what_is_parked_meanwhile_is_not_lost(vhost: VirtualHost, broker: Broker) -> None:
    """It comes behind the others."""
    bodies = await fill(vhost, 5)
    async with whole(broker).held(lambda _: None, "looking"):
        bodies += await fill(vhost, 5, first=5)
    assert await look(whole(broker)) == bodies
