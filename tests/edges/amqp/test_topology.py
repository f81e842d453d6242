"""Declaring the topology, saying what of it is missing, differs or is forbidden; trap 5."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aio_pika.abc import AbstractConnection

from service.core.topology import build_topology
from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker
from service.edges.amqp.connection import SessionBrokenError
from service.edges.amqp.declare import Look, TopologyError, declare, look
from service.edges.amqp.preparation import Prepare
from service.edges.telemetry.lines import LONGEST_TEXT
from service.flow.events.faults import BrokerFault
from service.flow.events.labels import ConnectionName, LostCause
from tests.edges.amqp.crash import arrivals, declared, hop_through_a_crash
from tests.edges.amqp.edge import DELAYS, ORDERS
from tests.edges.amqp.hiding import hiding
from tests.edges.amqp.test_least_rights import READ, WRITE
from tests.world.broker import RabbitNode
from tests.world.broker.vhost import VirtualHost

BARE = "(perhaps a classic queue)"
ENTITIES = [f"exchange {exchange.name}" for exchange in ORDERS.exchanges] + [
    f"queue {queue.name}" for queue in ORDERS.queues
]


@pytest.fixture
def vhost(empty_vhost: VirtualHost) -> VirtualHost:
    """Nothing stands yet: what is declared is what these tests are about."""
    return empty_vhost


@pytest.fixture
async def connection(broker: Broker) -> AsyncIterator[AbstractConnection]:
    """A connection of the relay's user."""
    connection, _ = await broker.connect(ConnectionName.PUBLISH)
    yield connection
    await brokers.close(connection)


def _exchanges(vhost: VirtualHost) -> dict[str, Any]:
    rows = vhost.node.api.get("exchanges", vhost.name)
    return {
        row["name"]: (row["type"], row["durable"], row["auto_delete"], row["arguments"])
        for row in rows
        if row["name"] and not row["name"].startswith("amq.")
    }


def _queues(vhost: VirtualHost) -> dict[str, Any]:
    rows = vhost.node.api.get("queues", vhost.name)
    return {row["name"]: (row["durable"], row["auto_delete"], row["arguments"]) for row in rows}


def _bindings(vhost: VirtualHost) -> set[tuple[str, str, str]]:
    rows = vhost.node.api.get("bindings", vhost.name)
    # Every queue is bound to the default exchange by its name.
    return {(r["source"], r["destination"], r["routing_key"]) for r in rows if r["source"]}


def _standing(vhost: VirtualHost) -> object:
    return _exchanges(vhost), _queues(vhost), _bindings(vhost)


async def _wrong(connection: AbstractConnection, *, compare: bool = True) -> list[str]:
    return list((await look(connection, ORDERS, compare=compare)).wrong)


async def test_an_empty_vhost_gets_exactly_what_the_contract_names(
    vhost: VirtualHost, connection: AbstractConnection
) -> None:
    """All durable, every queue a quorum queue, nothing besides; a second time changes nothing."""
    await declared(vhost.url, ORDERS)
    assert _exchanges(vhost) == {
        exchange.name: (exchange.type, True, False, exchange.arguments)
        for exchange in ORDERS.exchanges
    }
    assert _queues(vhost) == {queue.name: (True, False, queue.arguments) for queue in ORDERS.queues}
    assert {queue.type for queue in vhost.queues().values()} == {"quorum"}
    assert _bindings(vhost) == {(b.exchange, b.queue, b.routing_key) for b in ORDERS.bindings}
    before = _standing(vhost)
    await declared(vhost.url, ORDERS)
    assert _standing(vhost) == before
    assert await _wrong(connection, compare=False) == []
    assert await _wrong(connection) == []


async def test_an_empty_vhost_lacks_everything(
    vhost: VirtualHost, connection: AbstractConnection
) -> None:
    """Neither look changes nothing."""
    absent = [f"{entity} is missing" for entity in ENTITIES]
    assert await _wrong(connection, compare=False) == absent
    assert await _wrong(connection) == absent
    assert _standing(vhost) == ({}, {}, set())


async def test_what_differs_is_named_with_what_differs(
    vhost: VirtualHost, connection: AbstractConnection
) -> None:
    """A bare queue with another delay, each of its arguments; an exchange of another type."""
    await vhost.declare("orders.retry.1", message_ttl=5000)
    async with vhost.channel() as channel:
        await channel.declare_exchange("orders.replies", "fanout", durable=True)
    problems, queue = await _wrong(connection), "queue orders.retry.1"
    assert [problem for problem in problems if "is missing" not in problem] == [
        "exchange orders.replies differs: type is 'fanout', must be 'topic'",
        f"{queue} differs: x-dead-letter-exchange is none, must be '' {BARE}",
        f"{queue} differs: x-dead-letter-routing-key is none, must be 'orders.requests' {BARE}",
        f"{queue} differs: x-dead-letter-strategy is none, must be 'at-least-once' {BARE}",
        f"{queue} differs: x-overflow is none, must be 'reject-publish' {BARE}",
        f"{queue} differs: x-delivery-limit is none, must be '1000000000' {BARE}",
        f"{queue} differs: x-message-ttl is '5000', must be '1000'",
    ]
    # Passively nothing of it can be seen.
    assert "differs" not in str(await _wrong(connection, compare=False))


@pytest.mark.parametrize("kind", ["queue", "exchange"])
async def test_declaring_what_differs_fails_with_its_name(
    vhost: VirtualHost, connection: AbstractConnection, kind: str
) -> None:
    """An operator must decide: what stands is never replaced."""
    if kind == "queue":
        await vhost.declare("orders.requests", delivery_limit=3)
    else:
        async with vhost.channel() as channel:
            await channel.declare_exchange("orders", "fanout", durable=True)
    before = _queues(vhost)
    name = "queue orders.requests" if kind == "queue" else "exchange orders"
    with pytest.raises(TopologyError, match=f"{name} differs: ") as raised:
        await declare(connection, ORDERS)
    assert raised.value.fault is BrokerFault.DIFFERS
    assert {name: _queues(vhost)[name] for name in before} == before


async def test_without_the_right_to_configure_nothing_can_be_compared(
    vhost: VirtualHost, broker: Broker, connection: AbstractConnection
) -> None:
    """That is said; looking needs little."""
    await declared(vhost.url, ORDERS)
    vhost.set_permissions(configure="", write=WRITE, read=READ)
    poor, _ = await broker.connect(ConnectionName.PUBLISH)
    try:
        assert await look(poor, ORDERS, compare=True) == Look(uncompared=ENTITIES)
        with pytest.raises(TopologyError, match="ACCESS_REFUSED") as raised:
            await declare(poor, ORDERS)
        assert raised.value.fault is BrokerFault.RIGHTS
    finally:
        await brokers.close(poor)


async def test_what_cannot_be_seen_is_not_missing(
    vhost: VirtualHost, connection: AbstractConnection
) -> None:
    """A relay that only checks starts all the same: what it uses will tell."""
    await declared(vhost.url, ORDERS)
    hidden = ["exchange orders", "queue orders.retry.1"]
    blind = hiding(connection, hidden)
    assert await look(blind, ORDERS, compare=True) == Look(unseen=hidden)
    await Prepare(ORDERS, "check")(blind)


async def test_another_namespace_is_apart(
    vhost: VirtualHost, connection: AbstractConnection
) -> None:
    """Two relays share a virtual host and nothing in it."""
    await declared(vhost.url, ORDERS)
    exchanges, queues, bindings = _exchanges(vhost), _queues(vhost), _bindings(vhost)
    other = build_topology("others", (1,))
    await declared(vhost.url, other)
    for topology in (other, ORDERS):
        assert await look(connection, topology, compare=True) == Look()
    assert exchanges.keys().isdisjoint(exchange.name for exchange in other.exchanges)
    assert _exchanges(vhost).items() > exchanges.items()
    assert _queues(vhost).keys() > queues.keys()
    assert not {one for one in _bindings(vhost) - bindings if "others" not in one[0]}


async def test_preparing_tells_the_session_what_is_wrong(
    vhost: VirtualHost, connection: AbstractConnection
) -> None:
    """As a cause of its own, so that a person does not look for a broken network."""
    with pytest.raises(SessionBrokenError, match=r"exchange orders is missing; .*") as raised:
        await Prepare(ORDERS, "check")(connection)
    assert (raised.value.cause, raised.value.fault) == (LostCause.TOPOLOGY, BrokerFault.MISSING)
    assert str(raised.value) == raised.value.why_held
    await vhost.declare("orders.requests", delivery_limit=3)
    with pytest.raises(SessionBrokenError, match=r"must be 'orders\.parked'") as raised:
        await Prepare(ORDERS, "declare")(connection)
    assert (raised.value.cause, raised.value.fault) == (LostCause.TOPOLOGY, BrokerFault.DIFFERS)


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (["queue a"], "(queue a is missing)"),
        (["exchange a", "queue b"], "(exchange a is missing; queue b is missing)"),
        ([f"queue {n:03}" for n in range(300)], "; queue 006 is missing; and 293 more)"),
        (["queue " + "n" * 200, "queue b"], "n is missing; and 1 more)"),
    ],
)
def test_a_sentence_about_what_is_missing_is_whole(missing: list[str], told: str) -> None:
    """The log cuts long texts: of a long list the first few are named, and the rest is counted."""
    look = Look({f"{name} is missing": BrokerFault.MISSING for name in missing})
    assert look.told().endswith(told)
    assert look.missing() == look.told()
    assert len(look.told()) <= LONGEST_TEXT or len(missing[0]) > 100


MESSAGES = 500


@pytest.mark.timeout(180)
async def test_a_broker_killed_during_the_hop_loses_nothing(spare_node: RabbitNode) -> None:
    """Every order that waited arrives at least once, after kill -9 and a new start.

    With classic waiting queues of the same delay: 33, 1 and 1 of 500 arrived, in three runs.
    """
    ids = {f"o-{number}" for number in range(MESSAGES)}
    with VirtualHost.fresh(spare_node) as vhost:
        await hop_through_a_crash(vhost, ORDERS, ids)
        assert await arrivals(vhost, ORDERS, ids) == ids


async def test_the_waiting_queues_are_safe_ones(vhost: VirtualHost) -> None:
    """Quorum queues whose dead-lettering waits for the confirm of the next queue.

    Without `reject-publish` the broker falls back to at-most-once: it says so in its log only.
    """
    await declared(vhost.url, ORDERS)
    queues = vhost.queues()
    for seconds in DELAYS:
        queue = queues[f"orders.retry.{seconds}"]
        assert queue.type == "quorum"
        assert queue.arguments["x-dead-letter-strategy"] == "at-least-once"
        assert queue.arguments["x-overflow"] == "reject-publish"
    flags = vhost.node.api.get("feature-flags")
    states = {flag["name"]: flag["state"] for flag in flags}
    # On 3.10 the strategy needs it; later versions have it always.
    assert states.get("stream_queue", "enabled") == "enabled"
