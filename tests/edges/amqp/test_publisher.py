"""The publisher's answers: confirmed, or a reason why nobody may rely on it."""

import asyncio
from dataclasses import replace

import pytest

from service.core.message import Message, Publication, PublicationKind
from service.edges.amqp.broker import Broker
from service.edges.amqp.publisher import BLOCKED, DOWN, LOOK_ANYWAY_SECONDS, AmqpPublisher
from service.edges.amqp.tries import REFUSED
from service.edges.system_clock import SystemClock
from service.flow.events.labels import ConnectionName, LostCause
from service.flow.events.process import (
    BrokerConnected,
    ConsumingStarted,
    ConsumingStopped,
    HoldChanged,
)
from service.flow.ports import Confirmed, Published, Unconfirmed, Unpublishable
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import PLAIN, Edge, Options, consuming, publication, publishing
from tests.edges.amqp.hostile import BODY
from tests.flow.clock import FakeClock, settle
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Direction, Proxy

KINDS = [
    (PublicationKind.REPLY, "order.accepted", "orders.unrouted"),
    (PublicationKind.RETRY, "5", "orders.retry.5"),
    (PublicationKind.PARKED, "", "orders.parked"),
]


@pytest.mark.parametrize(("kind", "key", "queue"), KINDS)
async def test_a_publication_reaches_the_queue_of_its_kind(
    vhost: VirtualHost, broker: Broker, kind: PublicationKind, key: str, queue: str
) -> None:
    """Persistent, and confirmed when the queue has it."""
    async with publishing(broker) as edge:
        assert await edge.publisher.publish(publication(kind, key, body=b"x")) == Confirmed()
        (message,) = await vhost.drain(queue)
    assert (message.body, message.delivery_mode, message.message_id) == (b"x", 2, "o-1")


async def test_what_nobody_is_bound_for_is_unconfirmed(empty_vhost: VirtualHost) -> None:
    """The broker would confirm it and throw it away, if it were not mandatory."""
    await declared(empty_vhost.url, PLAIN)
    async with publishing(Broker([empty_vhost.url]), Options(topology=PLAIN)) as edge:
        result = await edge.publisher.publish(publication())
        assert isinstance(result, Unconfirmed)
        assert "unroutable" in result.reason
        assert "NO_ROUTE" in result.reason
        assert await edge.publisher.publish(publication(PublicationKind.PARKED, "")) == Confirmed()
        assert edge.unbroken()


async def test_what_a_full_queue_refuses_is_unconfirmed(vhost: VirtualHost, broker: Broker) -> None:
    """A reply has another place; a retry has none, and others are confirmed beside it."""
    async with publishing(broker, Options(publish_timeout_seconds=1.0)) as edge:
        await vhost.declare("full", max_length=1, overflow="reject-publish")
        async with vhost.channel() as channel:
            await (await channel.get_queue("full")).bind("orders.retry", "full")
        retry = publication(PublicationKind.RETRY, "full")
        # A quorum queue takes some more than its length, before it knows its length.
        results = [await edge.publisher.publish(retry) for _ in range(5)]
        assert results[0] == Confirmed()
        assert results[-1] == Unconfirmed(REFUSED)
        assert await edge.publisher.publish(publication(PublicationKind.RETRY, "5")) == Confirmed()
        assert edge.unbroken()


async def test_a_missing_exchange_is_declared_again(vhost: VirtualHost, broker: Broker) -> None:
    """Its channel is closed by the broker; a new connection declares what is missing."""
    async with publishing(broker) as edge:
        vhost.node.api.delete("exchanges", vhost.name, "orders.replies")
        result = await edge.publisher.publish(publication())
        assert isinstance(result, Unconfirmed)
        assert "no exchange 'orders.replies'" in result.reason
        assert await edge.publisher.publish(publication()) == Confirmed()
        assert edge.events.causes(ConnectionName.PUBLISH) == [LostCause.CHANNEL_CLOSED]


async def test_a_missing_exchange_fails_what_is_in_flight_and_nothing_is_taken_for_confirmed(
    vhost: VirtualHost, broker: Broker
) -> None:
    """What was in flight beside it is tried again by who asked for it."""
    async with publishing(broker) as edge:
        vhost.node.api.delete("exchanges", vhost.name, "orders.replies")
        parked = [publication(PublicationKind.PARKED, "", message_id=f"o-{n}") for n in range(20)]
        sent = [publication(message_id="lost"), *parked]
        results = await _gather(edge, sent)
        assert isinstance(results[0], Unconfirmed)
        confirmed = {p.message.message_id for p, r in zip(sent, results, strict=True) if _ok(r)}
        in_queue = {message.message_id for message in await vhost.drain("orders.parked")}
        assert confirmed <= in_queue


async def test_what_cannot_be_encoded_is_unpublishable_and_costs_nobody_the_connection(
    broker: Broker,
) -> None:
    """Nothing of it is on the wire, so nothing is in doubt."""
    async with publishing(broker) as edge:
        for headers in ({"a": "\ud800"}, {"a": 10**30}, {"k" * 200: 1}, {"a": object()}):
            message = Message(body=b"", message_id="o-1", headers=headers)
            result = await edge.publisher.publish(Publication(PublicationKind.PARKED, "", message))
            assert isinstance(result, Unpublishable)
            assert "cannot be encoded" in result.reason
        too_long = publication(key="k" * 300)
        assert isinstance(await edge.publisher.publish(too_long), Unpublishable)
        assert await edge.publisher.publish(publication()) == Confirmed()
        assert edge.unbroken()


async def test_before_the_first_connection_it_waits_a_bounded_time() -> None:
    """Who publishes may have a delivery to give back meanwhile."""
    clock = FakeClock()
    edge = Edge(Broker(["amqp://localhost:1/"]))
    ports = replace(edge.publisher_ports(), clock=clock)
    publisher = AmqpPublisher(ports, edge.options.topology)
    results = []

    async def publish() -> None:
        results.append(await publisher.publish(publication()))

    async with edge.aside(publish()):
        await settle()
        assert results == []
        await clock.advance(5)
        assert results == [Unconfirmed("not connected")]


async def test_no_order_is_taken_until_results_can_be_published(broker: Broker) -> None:
    """Held from the start until the first connection, and at each loss of it."""
    edge = Edge(broker)
    assert edge.gate.intake == 0
    async with publishing(broker) as up:
        assert up.gate.intake == 8


async def _gather(edge: Edge, sent: list[Publication]) -> list[Published]:
    tasks = [edge.publisher.publish(one) for one in sent]
    return list(await asyncio.gather(*tasks))


def _ok(result: Published) -> bool:
    return isinstance(result, Confirmed)


class Listener(SystemClock):
    """Notes of each wait for an alarm whether one was heard."""

    def __init__(self) -> None:
        self.heard: list[bool] = []

    async def wait(self, event: asyncio.Event, timeout_seconds: float) -> bool:
        """Wait, as it does."""
        is_set = await super().wait(event, timeout_seconds)
        if timeout_seconds == LOOK_ANYWAY_SECONDS:
            self.heard.append(is_set)
        return is_set


async def test_an_alarm_holds_orders_and_loses_no_publish(
    vhost: VirtualHost, broker: Broker
) -> None:
    """What is in flight neither fails nor times out, however long the alarm; then it is confirmed.

    Consuming stops meanwhile, and acks go through: they have a connection of their own. It is
    heard, and not only found by the look that is made every few seconds.
    """
    clock = Listener()
    async with consuming(broker, Options(publish_timeout_seconds=1.0, clock=clock)) as edge:
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
        assert True in clock.heard
    # One that is confirmed late, after the alarm, is told again: none is lost.
    ids = {message.message_id for message in await vhost.drain("orders.unrouted")}
    assert ids == {f"o-{number}" for number in range(20)}


async def test_a_publish_that_is_not_confirmed_in_time_costs_the_connection(
    vhost: VirtualHost, proxy: Proxy, far_broker: Broker
) -> None:
    """It may have landed or not: unconfirmed, and everything else on that connection with it."""
    async with publishing(far_broker, Options(publish_timeout_seconds=0.5)) as edge:
        proxy.stall(Direction.TO_CLIENT)
        results = await asyncio.gather(
            *(edge.publisher.publish(publication(message_id=f"o-{n}")) for n in range(5))
        )
        assert all(isinstance(result, Unconfirmed) for result in results)
        await edge.events.until(HoldChanged, held=True, why=DOWN)
        assert _intake(edge) == 0
        proxy.resume()
        await edge.events.until(BrokerConnected, number=2)
        assert await edge.publisher.publish(publication()) == Confirmed()
        assert edge.events.causes(ConnectionName.PUBLISH)[0] is LostCause.PUBLISH_TIMEOUT
        await edge.events.until(HoldChanged, held=False, number=2)
        assert _intake(edge) == 8
    # Unconfirmed is not lost: these had landed.
    assert len(await vhost.drain("orders.unrouted")) == 6


async def test_a_reset_connection_leaves_what_was_in_flight_unconfirmed(
    proxy: Proxy, far_broker: Broker
) -> None:
    """And the next is confirmed on a new connection."""
    async with publishing(far_broker) as edge:
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


async def test_a_publish_given_up_leaves_nothing_behind(proxy: Proxy, far_broker: Broker) -> None:
    """At the end of the drain time who publishes is cancelled; the id is free again."""
    async with publishing(far_broker) as edge:
        proxy.stall(Direction.TO_CLIENT)
        publish = asyncio.create_task(edge.publisher.publish(publication(body=b"marked")))
        await proxy.saw(lambda way, data: way is Direction.TO_TARGET and b"marked" in data)
        publish.cancel()
        with pytest.raises(asyncio.CancelledError):
            await publish
        proxy.resume()
        assert await edge.publisher.publish(publication()) == Confirmed()


def _intake(edge: Edge) -> int:
    return edge.gate.intake
