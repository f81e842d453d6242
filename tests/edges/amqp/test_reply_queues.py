"""One reply queue that takes nothing keeps back nobody's replies but its own."""

import asyncio
from collections.abc import Iterable

from service.core.message import PublicationKind
from service.edges.amqp.broker import Broker
from service.edges.amqp.tries import REFUSED, SILENT
from service.flow.events.labels import ConnectionName, LostCause
from service.flow.events.order import ReplyUnrouted
from service.flow.events.process import BrokerLost
from service.flow.ports import Confirmed, Unconfirmed
from service.flow.ways import MOST_REFUSALS
from tests.edges.amqp.edge import Edge, Options, publication, publishing
from tests.flow.clock import settle
from tests.world.broker.stuck import standing_still
from tests.world.broker.vhost import VirtualHost

SOON = Options(publish_timeout_seconds=5.0, prefetch=32)
"""Late after half a second, and patient for 2.5 s more."""


async def bound(vhost: VirtualHost, queue: str, key: str, **arguments: str | int) -> None:
    """Declare a queue of replies."""
    await vhost.declare(queue, **arguments)
    async with vhost.channel() as channel:
        await (await channel.get_queue(queue)).bind("orders.replies", key)


async def ids(vhost: VirtualHost, queue: str) -> list[str | None]:
    """Which replies are in a queue, taken out of it."""
    return [message.message_id for message in await vhost.drain(queue)]


def replies(key: str, *, count: int, first: int = 0) -> list[str]:
    """Message ids for one key."""
    return [f"{key}-{number}" for number in range(first, first + count)]


async def tell(edge: Edge, key: str, names: Iterable[str]) -> list[object]:
    """Publish a reply for each, all at once."""
    return list(
        await asyncio.gather(
            *(edge.publisher.publish(publication(key=key, message_id=name)) for name in names)
        )
    )


async def test_a_queue_that_stands_still_keeps_nobody_else_back(
    vhost: VirtualHost, broker: Broker
) -> None:
    """Its replies go to the unrouted, so that their orders end; then it gets them again."""
    await bound(vhost, "stuck", "stuck")
    await bound(vhost, "good", "good")
    stuck, good = replies("stuck", count=10), replies("good", count=40)
    async with publishing(broker, SOON) as edge:
        async with standing_still(vhost, "stuck"):
            first = asyncio.create_task(tell(edge, "stuck", stuck))
            second = asyncio.create_task(tell(edge, "good", good))
            assert await second == [Confirmed()] * 40
            assert not first.done()
            assert await first == [Confirmed()] * 10
            diverted = edge.events.of(ReplyUnrouted)
            assert {event.request_id for event in diverted} == set(stuck)
            assert SILENT in {event.reason for event in diverted}
            # It is known now: nobody waits for it any more, not even its own.
            late = replies("stuck", count=100, first=10)
            assert await tell(edge, "stuck", late) == [Confirmed()] * 100
            assert await tell(edge, "good", good) == [Confirmed()] * 40
            assert set(await ids(vhost, "orders.unrouted")) == {*stuck, *late}
            await _parked_at_once(broker)
        async with asyncio.timeout(30):
            number = 1_000
            while await _told_elsewhere(edge, "stuck", f"stuck-{number}"):
                number += 1
        assert f"stuck-{number}" in await ids(vhost, "stuck")
        assert set(good) <= set(await ids(vhost, "good"))
        assert edge.unbroken()


async def _parked_at_once(broker: Broker) -> None:
    """Behind a reply of its id that is not late yet: parked copies have a channel of their own."""
    async with publishing(broker, Options(publish_timeout_seconds=600.0)) as edge:
        waiting = asyncio.create_task(tell(edge, "stuck", ["stuck-patient"]))
        await settle()
        parked = publication(PublicationKind.PARKED, "", message_id="stuck-patient")
        async with asyncio.timeout(60):
            assert await edge.publisher.publish(parked) == Confirmed()
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_where_nothing_is_confirmed_the_connection_is_left(
    vhost: VirtualHost, broker: Broker
) -> None:
    """As on a node that was cut off: neither the queue nor the unrouted take it."""
    await bound(vhost, "stuck", "stuck")
    options = Options(publish_timeout_seconds=1.0)
    async with publishing(broker, options) as edge:
        async with standing_still(vhost, "stuck", "orders.unrouted"):
            (result,) = await tell(edge, "stuck", ["stuck-1"])
            assert isinstance(result, Unconfirmed)
            lost = await edge.events.until(BrokerLost, connection=ConnectionName.PUBLISH)
            assert lost.cause is LostCause.PUBLISH_TIMEOUT
        await edge.events.connected(ConnectionName.PUBLISH, 2)
        assert await tell(edge, "stuck", ["stuck-1"]) == [Confirmed()]


async def test_a_full_queue_keeps_nobody_else_back(vhost: VirtualHost, broker: Broker) -> None:
    """Its replies go to the unrouted; a queue that is bound wider has each a few times at most."""
    await bound(vhost, "full", "full", max_length=1, overflow="reject-publish")
    await bound(vhost, "audit", "#")
    async with publishing(broker, SOON) as edge:
        async with asyncio.timeout(20):
            number = 0
            while not await _told_elsewhere(edge, "full", f"fill-{number}"):
                number += 1
        await vhost.drain("audit")
        await vhost.drain("orders.unrouted")
        full = replies("full", count=60)
        refused = asyncio.create_task(tell(edge, "full", full))
        assert await tell(edge, "good", replies("good", count=20)) == [Confirmed()] * 20
        assert not refused.done()
        assert await refused == [Confirmed()] * 60
        assert sorted(filter(None, await ids(vhost, "orders.unrouted"))) == sorted(full)
        seen = await ids(vhost, "audit")
        assert max(seen.count(name) for name in full) <= MOST_REFUSALS
        assert {event.reason for event in edge.events.of(ReplyUnrouted)} >= {REFUSED}
        await vhost.drain("full")
        async with asyncio.timeout(20):
            number = 0
            while await _told_elsewhere(edge, "full", f"again-{number}"):
                number += 1
        assert edge.unbroken()


async def _told_elsewhere(edge: Edge, key: str, name: str) -> bool:
    assert await tell(edge, key, [name]) == [Confirmed()]
    return bool(edge.events.of(ReplyUnrouted, request_id=name))


async def test_a_key_that_the_login_may_not_publish_with_costs_nobody_else_a_channel(
    vhost: VirtualHost, broker: Broker
) -> None:
    """The broker closes the channel for it: it is found out alone, and goes to the unrouted."""
    await bound(vhost, "good", "good")
    rights = {"exchange": "orders.replies", "write": "^(good|order\\..*)$", "read": ""}
    vhost.node.api.put("topic-permissions", vhost.name, vhost.user, body=rights)
    bad, good = replies("bad", count=5), replies("good", count=40)
    async with publishing(broker, SOON) as edge:
        told = await asyncio.gather(tell(edge, "good", good), tell(edge, "bad", bad))
        assert [*told[0], *told[1]] == [Confirmed()] * 45
        assert sorted(filter(None, await ids(vhost, "orders.unrouted"))) == bad
        assert set(await ids(vhost, "good")) == set(good)
        reasons = {event.reason for event in edge.events.of(ReplyUnrouted)}
        assert any("access to topic 'bad'" in reason for reason in reasons)
        assert edge.unbroken()
