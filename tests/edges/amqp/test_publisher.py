"""The publisher's answers: confirmed, or a reason why nobody may rely on it."""

import asyncio
from dataclasses import replace

import pytest

from service.core.message import Message, Publication, PublicationKind
from service.edges.amqp.broker import Broker
from service.edges.amqp.publisher import AmqpPublisher
from service.flow.events.labels import ConnectionName, LostCause
from service.flow.ports import Confirmed, Unconfirmed
from service.flow.sending.gate import Intake
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import Edge, Options, publication, publishing
from tests.edges.amqp.test_trap_same_id import PLAIN
from tests.flow.clock import FakeClock, settle
from tests.world.broker.vhost import VirtualHost

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
    """The connection stands: others are confirmed on it."""
    async with publishing(broker) as edge:
        await vhost.declare("full", max_length=1, overflow="reject-publish")
        async with vhost.channel() as channel:
            await (await channel.get_queue("full")).bind("orders.replies", "order.*")
        # A quorum queue takes some more than its length, before it knows its length.
        results = [await edge.publisher.publish(publication()) for _ in range(5)]
        assert results[0] == Confirmed()
        assert results[-1] == Unconfirmed("the broker refused it (a queue is full?)")
        assert await edge.publisher.publish(publication(key="other.key")) == Confirmed()
        assert edge.unbroken()


async def test_what_refuses_for_long_is_left_for_a_new_connection(
    vhost: VirtualHost, broker: Broker
) -> None:
    """A channel can refuse for good that met a leader's death; a new one does not."""
    options = Options(refused_patience_seconds=0.0)
    async with publishing(broker, options) as edge:
        await vhost.declare("full", max_length=1, overflow="reject-publish")
        async with vhost.channel() as channel:
            await (await channel.get_queue("full")).bind("orders.replies", "order.*")
        async with asyncio.timeout(60):
            while await edge.publisher.publish(publication()) == Confirmed():
                pass
        assert await edge.publisher.publish(publication(key="other.key")) == Confirmed()
        assert edge.events.causes(ConnectionName.PUBLISH) == [LostCause.PUBLISH_REFUSED]


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


async def test_what_cannot_be_encoded_is_unconfirmed_and_costs_nobody_the_connection(
    broker: Broker,
) -> None:
    """Nothing of it is on the wire, so nothing is in doubt."""
    async with publishing(broker) as edge:
        for headers in ({"a": "\ud800"}, {"a": 10**30}, {"k" * 200: 1}, {"a": object()}):
            message = Message(body=b"", message_id="o-1", headers=headers)
            result = await edge.publisher.publish(Publication(PublicationKind.PARKED, "", message))
            assert isinstance(result, Unconfirmed)
            assert "cannot be encoded" in result.reason
        too_long = publication(key="k" * 300)
        assert isinstance(await edge.publisher.publish(too_long), Unconfirmed)
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
    assert edge.gate.intake is Intake.NONE
    async with publishing(broker) as up:
        assert up.gate.intake is Intake.FULL


async def _gather(edge: Edge, sent: list[Publication]) -> list[Confirmed | Unconfirmed]:
    tasks = [edge.publisher.publish(one) for one in sent]
    return list(await asyncio.gather(*tasks))


def _ok(result: Confirmed | Unconfirmed) -> bool:
    return isinstance(result, Confirmed)
