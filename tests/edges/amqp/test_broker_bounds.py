"""What the broker allows a connection, in channels and in frames, is its word: no constant."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aio_pika.abc import AbstractConnection

from service.core.message import Message, Publication, PublicationKind
from service.core.outcome import Answered
from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker
from service.flow.events.labels import ConnectionName
from service.flow.events.order import Settled
from service.flow.ports import Confirmed, Unpublishable
from tests.edges.amqp.edge import publishing, relaying
from tests.edges.amqp.hostile import BODY
from tests.edges.amqp.test_reply_queues import SOON, bound, ids, replies, tell
from tests.world.broker.vhost import VirtualHost


@asynccontextmanager
async def allowed(vhost: VirtualHost, name: str, most: int, usual: int) -> AsyncIterator[None]:
    """New connections agree on this bound inside the block."""
    tell = f"application:set_env(rabbit, {name}, {{}})."
    await asyncio.to_thread(vhost.node.ctl, "eval", tell.format(most))
    try:
        yield
    finally:
        await asyncio.to_thread(vhost.node.ctl, "eval", tell.format(usual))


@pytest.fixture
async def few_channels(vhost: VirtualHost) -> AsyncIterator[None]:
    """New connections may have no more than 12."""
    async with allowed(vhost, "channel_max", 12, 2_047):
        yield


@pytest.mark.usefixtures("few_channels")
async def test_many_that_close_their_channels_at_once_wait_for_few_channels(
    vhost: VirtualHost, broker: Broker
) -> None:
    """More than the broker allows would end the connection, and with it everybody's replies."""
    await bound(vhost, "good", "good")
    rights = {"exchange": "orders.replies", "write": "^(good|order\\..*)$", "read": ""}
    vhost.node.api.put("topic-permissions", vhost.name, vhost.user, body=rights)
    good, keys = replies("good", count=40), [f"bad{number}" for number in range(8)]
    async with publishing(broker, replace(SOON, prefetch=128)) as edge:
        bad = (tell(edge, key, replies(key, count=2)) for key in keys)
        told = await asyncio.gather(tell(edge, "good", good), *bad)
        assert [one for many in told for one in many] == [Confirmed()] * (40 + 16)
        assert set(await ids(vhost, "good")) == set(good)
        assert edge.unbroken()


async def test_what_does_not_fit_a_frame_of_the_broker_is_not_sent(broker: Broker) -> None:
    """It would end the connection; how large a frame may be is the broker's word."""
    async with publishing(broker) as edge:
        limit = 131_072
        message = Message(b"{}", message_id="o-1", headers={"h": "x" * limit})
        result = await edge.publisher.publish(Publication(PublicationKind.PARKED, "", message))
        assert isinstance(result, Unpublishable)
        assert f"over {limit}" in result.reason
        fits = replace(message, headers={"h": "x" * (limit - 38)})
        largest = Publication(PublicationKind.PARKED, "", fits)
        assert await edge.publisher.publish(largest) == Confirmed()
        assert edge.unbroken()


@pytest.fixture
async def small_frames(vhost: VirtualHost) -> AsyncIterator[int]:
    """New connections agree on frames of this size at most."""
    size = 8_192
    async with allowed(vhost, "frame_max", size, 131_072):
        yield size


async def test_with_small_frames_one_that_fills_a_frame_suffers_alone(
    vhost: VirtualHost, broker: Broker, small_frames: int
) -> None:
    """A copy with our headers would not fit: it is never sent, and the broker moves it as it is."""
    headers = {"h": "x" * (small_frames - 202)}
    good = replies("good", count=10)
    async with relaying(broker) as whole:
        whole.api.answer("large", Answered(500, b""))
        for name in ("large", *good):
            await vhost.publish(
                BODY,
                exchange="orders",
                routing_key="order.request",
                message_id=name,
                headers=headers if name == "large" else None,
            )
        for name in ("large", *good):
            await whole.edge.events.until(Settled, request_id=name)
        assert sorted(whole.log) == [f"submit {name}" for name in good]
        assert sorted(filter(None, await ids(vhost, "orders.unrouted"))) == [*good, "large"]
        parked = await vhost.get("orders.parked")
        assert (parked.message_id, parked.headers["h"]) == ("large", headers["h"])
        assert whole.edge.unbroken()


class MisledBroker(Broker):
    """Believes that a frame may be larger than the broker takes."""

    async def connect(self, name: str, _: object = None) -> tuple[AbstractConnection, str]:
        """As any other."""
        connection, address = await super().connect(name)
        brokers.underlay(connection).connection_tune.frame_max = 2**20
        return connection, address


async def test_one_that_the_broker_ends_the_connection_for_is_found_out_alone(
    vhost: VirtualHost,
) -> None:
    """It costs one connection; all others are confirmed, and it is not tried again."""
    await bound(vhost, "good", "good")
    async with publishing(MisledBroker([vhost.url]), SOON) as edge:
        message = Message(b"{}", message_id="bad", headers={"h": "x" * 200_000})
        bad = edge.publisher.publish(Publication(PublicationKind.PARKED, "", message))
        good = replies("good", count=40)
        result, told = await asyncio.gather(bad, tell(edge, "good", good))
        assert isinstance(result, Unpublishable)
        assert "FRAME_ERROR" in result.reason
        await edge.events.connected(ConnectionName.PUBLISH, 2)
        # What had not been sent yet waits for the next connection.
        unsent = [name for name, one in zip(good, told, strict=True) if one != Confirmed()]
        assert len(unsent) < len(good)
        assert await tell(edge, "good", unsent) == [Confirmed()] * len(unsent)
        assert set(await ids(vhost, "good")) == set(good)
        assert len(edge.events.causes(ConnectionName.PUBLISH)) == 1


async def test_what_the_broker_refuses_for_a_property_suffers_alone(
    vhost: VirtualHost, broker: Broker
) -> None:
    """A `reply_to` that means a consumer of the publishing channel, as AMQP 1.0 lets pass: 406."""
    await bound(vhost, "good", "good")
    async with publishing(broker, SOON) as edge:
        message = Message(b"{}", message_id="bad", reply_to="amq.rabbitmq.reply-to")
        bad = edge.publisher.publish(Publication(PublicationKind.RETRY, "1", message))
        result, told = await asyncio.gather(bad, tell(edge, "good", replies("good", count=40)))
        assert isinstance(result, Unpublishable)
        assert "fast reply consumer does not exist" in result.reason
        assert told == [Confirmed()] * 40
        assert edge.unbroken()
