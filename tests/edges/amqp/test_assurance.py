"""No order is sent whose result could not be published: what holds, and what is mended."""

import asyncio
from collections.abc import Callable

import pytest

from service.core.decision import RetryPolicy
from service.core.outcome import Answered as ApiAnswered
from service.core.settlement import Settlement
from service.core.topology import build_topology, build_whole_topology
from service.edges.amqp.broker import Broker
from service.flow.events.labels import STARTING, ConnectionName, HoldReason, LostCause
from service.flow.events.order import AttemptEnded, PublishFailed, Settled
from service.flow.events.process import (
    BrokerConnected,
    BrokerLost,
    ConsumingStarted,
    HoldChanged,
)
from service.flow.ports import Confirmed
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import (
    Edge,
    Options,
    publication,
    publishing,
    relaying,
    running,
)
from tests.edges.amqp.hostile import BODY
from tests.edges.amqp.proxied import through
from tests.edges.amqp.test_least_rights import READ, WRITE
from tests.world.broker.raw import Confirm, RawPublisher
from tests.world.broker.vhost import VirtualHost
from tests.world.broker.wire import Raw
from tests.world.faults import Direction, Proxy

QUICK = build_topology("orders", (1, 2))
DECLARE = Options(topology=QUICK, policy=RetryPolicy(delays_seconds=(1, 2)))
CHECK = Options(mode="check", topology=QUICK, policy=RetryPolicy(delays_seconds=(1, 2)))
NO_REPLIES = r"^orders\.(retry|parked)$"
NO_RIGHT = "the user may not write exchange orders.replies; see rabbitmqctl set_permissions"
LONG_WAIT = ApiAnswered(503, b"", retry_after="61")


@pytest.fixture
async def vhost(empty_vhost: VirtualHost) -> VirtualHost:
    """One with few queues."""
    await declared(empty_vhost.url, QUICK)
    return empty_vhost


def _send(producer: RawPublisher, name: str) -> None:
    properties: dict[str, Raw] = {"message_id": name.encode()}
    assert producer.publish(b"orders", b"order.request", properties, body=BODY) is Confirm.ACK


def _holds(edge: Edge) -> list[str]:
    return [event.why for event in edge.events.of(HoldChanged, reason=HoldReason.PUBLISHER)]


async def test_without_the_right_to_reply_no_order_is_taken(
    vhost: VirtualHost, broker: Broker, shop: RawPublisher
) -> None:
    """The right is named, once; once it is granted, all goes on by itself."""
    vhost.set_permissions(configure="", write=NO_REPLIES, read=READ)
    _send(shop, "o-1")
    async with running(broker, CHECK) as edge:
        await edge.events.until(BrokerConnected, number=2)
        await edge.events.until(HoldChanged, held=True, number=2)
        assert _holds(edge)[0] == STARTING
        assert _holds(edge)[1].startswith(NO_RIGHT)
        assert edge.gate.intake == 0
        assert edge.inbox.deliveries == []
        vhost.set_permissions(configure="", write=WRITE, read=READ)
        await edge.until_consuming()
        await edge.inbox.until(1)
        assert len(_holds(edge)) == 3
        assert edge.unbroken()


async def test_a_connection_that_stands_does_not_lift_the_hold(
    vhost: VirtualHost, broker: Broker
) -> None:
    """What was in flight may be published on it all the same."""
    vhost.set_permissions(configure="", write=r"^orders\.(replies|parked)$", read=READ)
    async with running(broker, CHECK) as edge:
        await edge.events.until(BrokerConnected, number=2)
        assert await edge.publisher.publish(publication()) == Confirmed()
        assert edge.gate.intake == 0
        assert edge.events.of(ConsumingStarted) == []


async def test_when_the_replies_exchange_is_gone_no_further_order_is_sent(
    vhost: VirtualHost, broker: Broker, shop: RawPublisher
) -> None:
    """One finds it out; its reply goes out when the operator has made the exchange again."""
    async with relaying(broker, CHECK) as whole:
        events = whole.edge.events
        _send(shop, "o-0")
        await events.until(Settled, request_id="o-0")
        vhost.node.api.delete("exchanges", vhost.name, "orders.replies")
        _send(shop, "o-1")
        advice = "a part of the topology is missing; order-relay topology declares it"
        why = f"{advice} (exchange orders.replies is missing)"
        await events.until(HoldChanged, held=True, why=why)
        for number in range(2, 12):
            _send(shop, f"o-{number}")
        await events.until(BrokerLost, cause=LostCause.TOPOLOGY)
        assert len(events.of(AttemptEnded)) == 2
        await declared(vhost.url, QUICK)
        for number in range(1, 12):
            await events.until(Settled, request_id=f"o-{number}", settlement=Settlement.REPLIED)
        assert len(events.of(AttemptEnded)) == 12
        assert _holds(whole.edge)[2:] == [why, f"over: {why}"]


async def test_when_the_right_to_reply_is_gone_no_further_order_is_sent(
    vhost: VirtualHost, broker: Broker, shop: RawPublisher
) -> None:
    """The first refusal names it, while replies wait; a channel goes by what it knew until then."""
    only = {"exchange": "orders.replies", "write": r"^order\.", "read": ""}
    vhost.node.api.put("topic-permissions", vhost.name, vhost.user, body=only)
    async with relaying(broker, CHECK) as whole:
        events = whole.edge.events
        _send(shop, "o-0")
        await events.until(Settled, request_id="o-0")
        vhost.set_permissions(configure="", write=NO_REPLIES, read=READ)
        refused = whole.edge.publisher.publish(publication(key="no-right", message_id="m-1"))
        assert await refused != Confirmed()
        for number in range(1, 11):
            _send(shop, f"o-{number}")
        assert await whole.edge.publisher.publish(publication(message_id="m-2")) != Confirmed()
        await events.until(BrokerLost, number=2)
        assert len(events.of(AttemptEnded)) == 1
        (why,) = _holds(whole.edge)[2:]
        assert why.startswith(NO_RIGHT)
        vhost.set_permissions(configure="", write=WRITE, read=READ)
        for number in range(1, 11):
            await events.until(Settled, request_id=f"o-{number}", settlement=Settlement.REPLIED)


@pytest.mark.parametrize(
    ("queue", "settlement"),
    [("orders.retry.1", Settlement.RETRIED), ("orders.unrouted", Settlement.REPLIED)],
)
async def test_a_queue_of_ours_that_was_deleted_is_declared_again(
    vhost: VirtualHost, broker: Broker, shop: RawPublisher, queue: str, settlement: Settlement
) -> None:
    """The order that needs it waits for a moment, and no other does."""
    async with relaying(broker, DECLARE) as whole:
        until = whole.edge.events.until
        if settlement is Settlement.RETRIED:
            whole.api.answer("o-1", LONG_WAIT)
        vhost.node.api.delete("queues", vhost.name, queue)
        _send(shop, "o-1")
        await until(PublishFailed, request_id="o-1")
        await until(Settled, request_id="o-1", settlement=settlement)
        assert whole.edge.unbroken()
        assert _holds(whole.edge) == [STARTING, f"over: {STARTING}"]


async def test_a_queue_of_the_operator_s_that_was_deleted_holds(
    vhost: VirtualHost, broker: Broker
) -> None:
    """With its name, until it is there again; what can be published is."""
    async with publishing(broker, CHECK) as edge:
        vhost.node.api.delete("queues", vhost.name, "orders.unrouted")
        await edge.publisher.publish(publication())
        held = await edge.events.until(HoldChanged, held=True, number=2)
        assert held.why.endswith("declares it (queue orders.unrouted is missing)")
        assert await edge.publisher.publish(publication(message_id="o-2")) != Confirmed()
        await declared(vhost.url, QUICK)
        await edge.events.until(HoldChanged, held=False, number=2)
        assert await edge.publisher.publish(publication()) == Confirmed()
        assert edge.unbroken()


async def test_a_node_that_confirms_nothing_is_left_for_the_next(
    vhost: VirtualHost, proxy: Proxy
) -> None:
    """Found out by itself, while no order comes; the hold lasts until the next one confirms."""
    options = Options(topology=QUICK, publish_timeout_seconds=1.0, confirmed_every_seconds=0.1)
    async with publishing(Broker([through(proxy, vhost.url), vhost.url]), options) as edge:
        proxy.stall(Direction.TO_CLIENT)
        lost = await edge.events.until(BrokerLost)
        assert (lost.connection, lost.cause) == (ConnectionName.PUBLISH, LostCause.PUBLISH_TIMEOUT)
        await edge.events.until(HoldChanged, held=False, number=2)
        connected = [event.broker for event in edge.events.of(BrokerConnected)]
        assert connected == [
            f"127.0.0.1:{port} vhost {vhost.name}" for port in (proxy.port, vhost.node.amqp_port)
        ]
        assert await edge.publisher.publish(publication()) == Confirmed()


def _named(vhost: VirtualHost, do: str) -> str:
    return (
        f'{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"{vhost.name}">>, queue,'
        f' <<"orders.peers">>)), sys:{do}(amqqueue:get_pid(Q)).'
    )


def _stands_still(vhost: VirtualHost) -> tuple[str, str]:
    return _named(vhost, "suspend"), _named(vhost, "resume")


def _has_no_coordinator(_: VirtualHost) -> tuple[str, str]:
    move = "P = whereis({0}), unregister({0}), register({1}, P)."
    names = ("rabbit_stream_coordinator", "coordinator_away")
    return move.format(*names), move.format(*reversed(names))


@pytest.mark.parametrize("silent", [_stands_still, _has_no_coordinator])
async def test_where_the_stream_is_silent_everywhere_orders_go_on(
    vhost: VirtualHost, shop: RawPublisher, silent: Callable[[VirtualHost], tuple[str, str]]
) -> None:
    """All connections leave a node that may be cut off, but not for ever: it may be the stream.

    Without a coordinator of streams the broker ends the connection that asks, which is no other's.
    """
    await declared(vhost.url, build_whole_topology("orders", (1, 2)))
    options = Options(topology=QUICK, publish_timeout_seconds=1.0, confirmed_every_seconds=0.1)
    begin, end = silent(vhost)
    await asyncio.to_thread(vhost.node.ctl, "eval", begin)
    try:
        async with running(Broker([vhost.url]), options) as edge:
            for name in ConnectionName:
                await edge.events.until(BrokerLost, connection=name, number=2)
            await edge.events.connected(ConnectionName.PUBLISH, 3)
            _send(shop, "o-1")
            await edge.inbox.until(1)
            with pytest.raises(AssertionError):
                # Longer than its confirm is waited for.
                await edge.events.until(BrokerLost, number=5, timeout_seconds=2.0)
            assert edge.gate.intake == edge.options.prefetch
            assert await edge.publisher.publish(publication()) == Confirmed()
            assert edge.events.causes(ConnectionName.PUBLISH) == [LostCause.PUBLISH_TIMEOUT] * 2
    finally:
        await asyncio.to_thread(vhost.node.ctl, "eval", end)
