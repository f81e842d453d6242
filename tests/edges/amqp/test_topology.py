"""Declaring the topology, saying what of it is missing, differs or is forbidden; trap 5."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aio_pika.abc import AbstractConnection

from service.core.topology import build_topology
from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker
from service.edges.amqp.connection import SessionBrokenError
from service.edges.amqp.declare import TopologyError, declare, differences, missing
from service.edges.amqp.preparation import Prepare
from service.flow.events.labels import ConnectionName, LostCause
from tests.edges.amqp.crash import arrivals, declared, hop_through_a_crash
from tests.edges.amqp.edge import DELAYS, ORDERS
from tests.world.broker import RabbitNode
from tests.world.broker.vhost import VirtualHost

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
    assert await missing(connection, ORDERS) == []
    assert await differences(connection, ORDERS) == []


async def test_an_empty_vhost_lacks_everything(
    vhost: VirtualHost, connection: AbstractConnection
) -> None:
    """Neither look changes nothing."""
    absent = [f"{entity} is missing" for entity in ENTITIES]
    assert await missing(connection, ORDERS) == absent
    assert await differences(connection, ORDERS) == absent
    assert _standing(vhost) == ({}, {}, set())


async def test_what_differs_is_named_with_what_differs(
    vhost: VirtualHost, connection: AbstractConnection
) -> None:
    """A queue with another delay and an exchange of another type; each with its own words."""
    await vhost.declare("orders.retry.1", message_ttl=5000)
    async with vhost.channel() as channel:
        await channel.declare_exchange("orders.replies", "fanout", durable=True)
    problems = await differences(connection, ORDERS)
    differing = [problem for problem in problems if "is missing" not in problem]
    assert [problem.split(": ")[0] for problem in differing] == [
        "exchange orders.replies differs",
        "queue orders.retry.1 differs",
    ]
    assert "inequivalent arg 'type'" in differing[0]
    assert "received 'topic' but current is 'fanout'" in differing[0]
    assert "inequivalent arg" in differing[1]
    # Passively nothing of it can be seen.
    assert [problem for problem in await missing(connection, ORDERS) if "differs" in problem] == []


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
    name = "orders.requests" if kind == "queue" else "exchange 'orders'"
    with pytest.raises(TopologyError, match="inequivalent arg") as raised:
        await declare(connection, ORDERS)
    assert name in str(raised.value)
    assert {name: _queues(vhost)[name] for name in before} == before


async def test_without_the_right_to_configure_nothing_can_be_compared(
    vhost: VirtualHost, broker: Broker, connection: AbstractConnection
) -> None:
    """That is said; looking needs no right at all."""
    await declared(vhost.url, ORDERS)
    vhost.set_permissions(configure="", write="", read="")
    poor, _ = await broker.connect(ConnectionName.PUBLISH)
    try:
        assert await missing(poor, ORDERS) == []
        problems = await differences(poor, ORDERS)
        assert [problem.split(": ")[0] for problem in problems] == [
            f"{entity} could not be compared" for entity in ENTITIES
        ]
        assert all("ACCESS_REFUSED" in problem for problem in problems)
        with pytest.raises(TopologyError, match="ACCESS_REFUSED"):
            await declare(poor, ORDERS)
    finally:
        await brokers.close(poor)


async def test_another_namespace_is_apart(
    vhost: VirtualHost, connection: AbstractConnection
) -> None:
    """Two relays share a virtual host and nothing in it."""
    await declared(vhost.url, ORDERS)
    exchanges, queues, bindings = _exchanges(vhost), _queues(vhost), _bindings(vhost)
    other = build_topology("others", (1,))
    await declared(vhost.url, other)
    assert await differences(connection, other) == []
    assert await differences(connection, ORDERS) == []
    assert exchanges.keys().isdisjoint(exchange.name for exchange in other.exchanges)
    assert _exchanges(vhost).items() > exchanges.items()
    assert _queues(vhost).keys() > queues.keys()
    assert not {one for one in _bindings(vhost) - bindings if "others" not in one[0]}


async def test_preparing_tells_the_session_what_is_wrong(
    vhost: VirtualHost, connection: AbstractConnection
) -> None:
    """As a cause of its own, so that a person does not look for a broken network."""
    with pytest.raises(SessionBrokenError, match=r"queue orders\.requests is missing") as raised:
        await Prepare(ORDERS, "check")(connection)
    assert raised.value.cause is LostCause.TOPOLOGY
    await vhost.declare("orders.requests", delivery_limit=3)
    with pytest.raises(SessionBrokenError, match="inequivalent arg") as raised:
        await Prepare(ORDERS, "declare")(connection)
    assert raised.value.cause is LostCause.TOPOLOGY


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
