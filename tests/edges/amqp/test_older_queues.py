"""What is older: retry queues without a delivery limit, which are used on, and a RabbitMQ."""

import pytest

from service.core.topology import Topology
from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker
from service.edges.amqp.connection import SessionBrokenError
from service.edges.amqp.declare import TopologyError, declare, look
from service.edges.amqp.preparation import TOO_OLD, Prepare, TopologyMode
from service.flow.events.faults import BrokerFault
from service.flow.events.labels import ConnectionName, LostCause
from service.flow.events.process import OlderQueue
from tests.edges.amqp.edge import ORDERS
from tests.edges.amqp.eventlog import EventLog
from tests.world.broker.vhost import VirtualHost

RETRY = [queue.name for queue in ORDERS.queues if ".retry." in queue.name]


@pytest.fixture
def vhost(empty_vhost: VirtualHost) -> VirtualHost:
    """Nothing stands yet: the broker of these tests is the one of this virtual host."""
    return empty_vhost


def _without_limit(queue_name: str) -> Topology:
    """As an older version had it."""
    queues = []
    for queue in ORDERS.queues:
        old = queue.name.startswith(queue_name)
        left = {k: v for k, v in queue.arguments.items() if k != "x-delivery-limit" or not old}
        queues.append(type(queue)(queue.name, left))
    return Topology(ORDERS.namespace, ORDERS.exchanges, tuple(queues), ORDERS.bindings)


async def test_a_retry_queue_with_another_delivery_limit_alone_is_used(
    vhost: VirtualHost, broker: Broker
) -> None:
    """It is named once, whoever prepares; those who compare still say that it differs."""
    connection, _ = await broker.connect(ConnectionName.PUBLISH)
    try:
        await declare(connection, _without_limit("orders.retry."))
        events = EventLog()
        prepare = Prepare(ORDERS, "declare", events)
        await prepare(connection)
        await prepare(connection)
        assert [event.queue for event in events.of(OlderQueue)] == RETRY
        compared = await look(connection, ORDERS, compare=True)
        assert len(compared.wrong) == len(RETRY)
        with pytest.raises(TopologyError, match="x-delivery-limit is none"):
            await declare(connection, ORDERS)
    finally:
        await brokers.close(connection)


@pytest.mark.parametrize("wrong", ["orders.retry.1", "orders.requests"])
async def test_all_else_that_differs_ends_the_session(
    vhost: VirtualHost, broker: Broker, wrong: str
) -> None:
    """Another time to live beside the limit, and the limit of a queue that is no retry queue."""
    if wrong == "orders.retry.1":
        queue = next(queue for queue in ORDERS.queues if queue.name == wrong)
        arguments = {k: v for k, v in queue.arguments.items() if k != "x-delivery-limit"}
        named = {k.removeprefix("x-").replace("-", "_"): v for k, v in arguments.items()}
        await vhost.declare(wrong, **named | {"message_ttl": 5000})
    connection, _ = await broker.connect(ConnectionName.PUBLISH)
    try:
        if wrong == "orders.requests":
            await declare(connection, _without_limit(wrong))
        events = EventLog()
        with pytest.raises(SessionBrokenError, match=f"{wrong} differs") as raised:
            await Prepare(ORDERS, "declare", events)(connection)
        assert raised.value.fault is BrokerFault.DIFFERS
        assert not events.of(OlderQueue)
    finally:
        await brokers.close(connection)


@pytest.mark.parametrize("mode", ["declare", "check"])
async def test_a_broker_that_loses_orders_is_refused(
    vhost: VirtualHost, broker: Broker, mode: TopologyMode
) -> None:
    """Before anything is declared there, and in words of ours: no order is sent."""
    connection, _ = await broker.connect(ConnectionName.CONSUME)
    try:
        brokers.underlay(connection).server_properties["version"] = "3.9.29"
        with pytest.raises(SessionBrokenError, match=r"RabbitMQ 3\.9\.29: .* lost") as raised:
            await Prepare(ORDERS, mode)(connection)
        assert raised.value.cause is LostCause.TOPOLOGY
        assert raised.value.why_held == TOO_OLD
        assert "orders.requests" not in vhost.queues()
    finally:
        await brokers.close(connection)
