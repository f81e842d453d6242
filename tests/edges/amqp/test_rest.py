"""How many orders are placed in vain when results cannot be published any more."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from service.core.settlement import Settlement
from service.edges.amqp.broker import Broker
from service.edges.amqp.rest import AfterRest
from service.edges.system_clock import SystemClock
from service.flow.events.order import AttemptEnded, Settled
from service.flow.events.process import HoldChanged
from service.flow.ports import Delivery
from tests.core.build import message, received
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import Edge, relaying
from tests.edges.amqp.hostile import BODY
from tests.edges.amqp.test_assurance import CHECK, NO_REPLIES, QUICK
from tests.edges.amqp.test_least_rights import READ, WRITE
from tests.flow.fakes import FakeBroker, FakeDelivery
from tests.world.broker.raw import Confirm, RawPublisher
from tests.world.broker.vhost import VirtualHost

IDS = [f"o-{number}" for number in range(12)]


class Ahead(SystemClock):
    """A clock that a test puts forward."""

    seconds = 0.0

    def monotonic(self) -> float:
        """As if so many seconds more had passed."""
        return super().monotonic() + self.seconds


@pytest.fixture
async def vhost(empty_vhost: VirtualHost) -> VirtualHost:
    """One with few queues."""
    await declared(empty_vhost.url, QUICK)
    empty_vhost.set_permissions(configure="", write=WRITE, read=READ)
    return empty_vhost


def _deleted(vhost: VirtualHost) -> None:
    vhost.node.api.delete("exchanges", vhost.name, "orders.replies")


def _taken_away(vhost: VirtualHost) -> None:
    vhost.set_permissions(configure="", write=NO_REPLIES, read=READ)


async def _mended(vhost: VirtualHost) -> None:
    vhost.set_permissions()
    await declared(vhost.url, QUICK)


def _send(shop: RawPublisher) -> None:
    for name in IDS:
        properties = {"message_id": name.encode()}
        assert shop.publish(b"orders", b"order.request", properties, body=BODY) is Confirm.ACK


async def _replied(edge: Edge) -> None:
    """Each is, and was sent once."""
    for name in IDS:
        await edge.events.until(Settled, request_id=name, settlement=Settlement.REPLIED)
    assert sorted(one.request_id for one in edge.events.of(AttemptEnded)) == sorted(IDS)


@pytest.mark.parametrize("gone", [_deleted, _taken_away])
async def test_after_a_rest_none_is_sent_in_vain(
    vhost: VirtualHost, broker: Broker, shop: RawPublisher, gone: Callable[[VirtualHost], None]
) -> None:
    """However many come at once: it is asked before the first of them."""
    clock = Ahead()
    async with relaying(broker, replace(CHECK, clock=clock)) as whole:
        gone(vhost)
        clock.seconds = 2.0
        _send(shop)
        await whole.edge.events.until(HoldChanged, held=True, number=2)
        assert whole.edge.events.of(AttemptEnded) == []
        await _mended(vhost)
        await _replied(whole.edge)


@pytest.mark.parametrize("gone", [_deleted, _taken_away])
async def test_what_is_at_the_api_by_then_is_answered_later(
    vhost: VirtualHost, broker: Broker, shop: RawPublisher, gone: Callable[[VirtualHost], None]
) -> None:
    """It cannot be unsent; nothing is sent beside it, and nothing of it again."""
    async with relaying(broker, replace(CHECK, confirmed_every_seconds=0.2)) as whole:
        whole.api.pause()
        _send(shop)
        await whole.log.until(f"submit {IDS[CHECK.prefetch - 1]}")
        gone(vhost)
        await whole.edge.events.until(HoldChanged, held=True, number=2)
        whole.api.resume()
        await _mended(vhost)
        await _replied(whole.edge)


async def test_those_that_wait_go_on_in_their_order_whatever_becomes_of_the_question() -> None:
    """And so do those that come after them."""
    broker = FakeBroker([])
    deliveries = [FakeDelivery(broker, received(message(message_id=name))) for name in IDS]
    taken, done = list[Delivery](), asyncio.Event()

    async def fails() -> None:
        raise RuntimeError

    def take(delivery: Delivery) -> None:
        taken.append(delivery)
        if len(taken) in (2, len(IDS)):
            done.set()

    rested = AfterRest(take, lambda: False, fails)
    async with asyncio.timeout(10):
        for some in (deliveries[:2], deliveries[2:]):
            done.clear()
            for delivery in some:
                rested(delivery)
            await done.wait()
    assert taken == deliveries
