"""Publishes with one message id at a time (trap 3), and a message without any."""

import asyncio

import pytest
from aiormq.exceptions import PublishError

from service.core.message import Message, PublicationKind
from service.edges.amqp.broker import Broker
from service.edges.amqp.codec import to_properties
from service.edges.amqp.lanes import MOST_SHARED
from service.flow.events.labels import ConnectionName, LostCause
from service.flow.events.process import BrokerConnected
from service.flow.ports import Confirmed, Unconfirmed
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import PLAIN, Options, publication, publishing
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Direction, Proxy, Verdict

REPLY = PublicationKind.REPLY
GOOD = publication(REPLY, "good", body=b"good")
UNROUTABLE = publication(REPLY, "nowhere", body=b"unroutable")


@pytest.fixture
async def vhost(empty_vhost: VirtualHost) -> VirtualHost:
    """One where that topology stands."""
    await declared(empty_vhost.url, PLAIN)
    return empty_vhost


async def _bind(vhost: VirtualHost) -> None:
    await vhost.declare("q")
    async with vhost.channel() as channel:
        await (await channel.get_queue("q")).bind("orders.replies", "good")


async def test_each_of_two_publishes_with_one_id_gets_its_own_result(
    vhost: VirtualHost, broker: Broker
) -> None:
    """Never two of one id are in flight on one channel, whichever of them is unroutable.

    Without the lock: the first of the unroutable ones was reported as confirmed: a silent loss.
    """
    async with publishing(broker, Options(topology=PLAIN)) as edge:
        await _bind(vhost)
        publish = edge.publisher.publish
        # More than there are channels for.
        copies = (UNROUTABLE, GOOD, UNROUTABLE) * MOST_SHARED
        results = await asyncio.gather(*map(publish, copies))
        wanted = (Unconfirmed, Confirmed, Unconfirmed) * MOST_SHARED
        assert tuple(map(type, results)) == wanted
        assert edge.unbroken()
    assert [message.body for message in await vhost.drain("q")] == [b"good"] * MOST_SHARED


async def test_each_of_many_publishes_with_other_ids_or_none_gets_its_own_result(
    vhost: VirtualHost, broker: Broker
) -> None:
    """Fifty with an id each are in flight at once; those without one go one after the other."""
    async with publishing(broker, Options(topology=PLAIN)) as edge:
        await _bind(vhost)
        pairs = [
            publication(REPLY, key, message_id=message_id, body=key.encode())
            for number in range(50)
            for key, message_id in (("nowhere", None), ("good", None), ("good", f"o-{number}"))
        ]
        results = await asyncio.gather(*(edge.publisher.publish(p) for p in pairs))
        wanted = [Unconfirmed if p.routing_key == "nowhere" else Confirmed for p in pairs]
        assert [type(result) for result in results] == wanted
    assert len(await vhost.drain("q")) == 100


async def test_after_a_publish_timeout_the_next_try_has_a_new_connection(
    vhost: VirtualHost, proxy: Proxy, far_broker: Broker
) -> None:
    """The first may still land, so nothing with its id may follow it on the same channel.

    Without the look at the session: the second try was made on the channel that was being thrown
    away, and failed with it.
    """
    sent: list[bytes] = []

    def hold_the_body(way: Direction, data: bytes) -> Verdict:
        if way is Direction.TO_TARGET and b"twice sent" in data:
            sent.append(data)
            return Verdict.HOLD if len(sent) == 1 else Verdict.PASS
        return Verdict.PASS

    options = Options(topology=PLAIN, publish_timeout_seconds=3.0)
    async with publishing(far_broker, options) as edge:
        proxy.on_data(hold_the_body)
        await _bind(vhost)
        once = publication(REPLY, "good", body=b"twice sent")
        first = await edge.publisher.publish(once)
        second = await edge.publisher.publish(once)
        assert isinstance(first, Unconfirmed)
        assert second == Confirmed()
        assert edge.events.causes(ConnectionName.PUBLISH) == [LostCause.PUBLISH_TIMEOUT]
        assert len(edge.events.of(BrokerConnected)) == 2
        assert [data.count(b"twice sent") for data in sent] == [1, 1]


async def test_no_id_is_made_up(vhost: VirtualHost) -> None:
    """The parked copy of a message without an id has none either.

    Without the cure aiormq put a random id into it, and that copy, put back into the requests
    queue, was placed as an order: seen with the demo's message without an id.
    """
    await vhost.declare("parked")
    async with vhost.channel() as outer:
        channel = await outer.get_underlay_channel()
        await channel.basic_publish(
            b"{}", routing_key="parked", properties=to_properties(Message(b"{}")), mandatory=True
        )
    assert not (await vhost.get("parked")).message_id


async def test_an_unroutable_message_without_an_id_is_not_confirmed(vhost: VirtualHost) -> None:
    """With no id at all on the wire, aiormq reported it as confirmed: silent loss."""
    async with vhost.channel() as outer:
        channel = await outer.get_underlay_channel()
        with pytest.raises(PublishError):
            await asyncio.wait_for(
                channel.basic_publish(
                    b"{}",
                    routing_key="nowhere",
                    properties=to_properties(Message(b"{}")),
                    mandatory=True,
                ),
                10,
            )
