"""A relay whose topology an operator owns, with no right that it does not need."""

import re
from pathlib import Path

import pytest

from service.core.decision import RetryPolicy
from service.core.outcome import Answered as ApiAnswered
from service.core.settlement import Settlement
from service.core.topology import build_topology, build_whole_topology
from service.edges.amqp.broker import Broker
from service.flow.events.labels import LostCause
from service.flow.events.order import Settled
from service.flow.events.process import BrokerLost, HoldChanged
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import Options, relaying, running
from tests.edges.amqp.hostile import BODY
from tests.edges.amqp.replicas import Replica
from tests.world.broker.raw import Confirm, RawPublisher
from tests.world.broker.vhost import VirtualHost
from tests.world.broker.wire import Raw

QUICK = build_topology("orders", (1, 2))
CHECK = Options(mode="check", topology=QUICK, policy=RetryPolicy(delays_seconds=(1, 2)))
PATIENT = Options(
    mode="check",
    topology=build_topology("orders", (1, 60)),
    policy=RetryPolicy(delays_seconds=(1, 60)),
)
"""What waits does not come back before the end, however slow the machine is."""
WRITE = r"^orders\.(replies|retry(\.[0-9]+)?|parked|unrouted|peers)$"
OURS = r"^orders(\..*)?$"
DECLARES = r"^(orders(\..*)?|amq\.default)$"
USED_TO_WRITE = r"^orders\.(replies|retry|parked)$"
READ = r"^orders(\.(requests|peers))?$"


def test_every_part_of_the_topology_can_be_seen() -> None:
    """From RabbitMQ 4.2.6 on only with some right on it; nothing beside it has any."""
    topology = build_whole_topology("orders", (1, 604_800))
    names = {exchange.name for exchange in topology.exchanges}
    names |= {queue.name for queue in topology.queues}
    assert {name for name in names if re.search(WRITE, name) or re.search(READ, name)} == names
    # Neither may it send orders, nor take any but from the requests.
    assert not re.search(WRITE, "orders")
    assert not re.search(WRITE, "orders.requests")
    assert not re.search(READ, "orders.retry.1")
    assert not any(re.search(right, "ordersXpeers") for right in (READ, WRITE))


def test_the_readme_names_these_rights() -> None:
    """As they are in its table."""
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    for right in (WRITE, READ):
        assert f"`{right}`".replace("|", r"\|") in readme


async def test_who_declares_the_topology_needs_no_more_than_the_readme_says(
    empty_vhost: VirtualHost,
) -> None:
    """All of it, on a broker that has none of it."""
    empty_vhost.set_permissions(configure=OURS, write=DECLARES, read=OURS)
    await declared(empty_vhost.url, build_whole_topology("orders", (1, 2)))
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    assert f"| `{OURS}` | `{DECLARES}` | `{OURS}` |".replace("?|", r"?\|") in readme


@pytest.fixture
def vhost(empty_vhost: VirtualHost) -> VirtualHost:
    """Nothing stands yet: an operator makes it."""
    return empty_vhost


def _send(producer: RawPublisher, properties: dict[str, Raw]) -> None:
    assert producer.publish(b"orders", b"order.request", properties, body=BODY) is Confirm.ACK


async def test_every_way_of_an_order_needs_these_rights_and_no_more(
    vhost: VirtualHost, broker: Broker, shop: RawPublisher
) -> None:
    """Read on the requests and the stream, write on four exchanges, and nothing to configure."""
    await declared(vhost.url, build_whole_topology("orders", (1, 60)))
    vhost.set_permissions(configure="", write=WRITE, read=READ)
    replica = Replica("a", broker, "check")
    async with relaying(broker, PATIENT) as whole:
        await replica.until(1)
        until = whole.edge.events.until
        _send(shop, {"message_id": b"good"})
        await until(Settled, request_id="good", settlement=Settlement.REPLIED)
        _send(shop, {"app_id": b"without an id"})
        await until(Settled, settlement=Settlement.PARKED)
        _send(shop, {"message_id": b"\xff"})
        await until(Settled, settlement=Settlement.DEAD_LETTERED)
        # So long a wait is not spent in the process.
        whole.api.answer("slow", ApiAnswered(503, b"", retry_after="61"))
        _send(shop, {"message_id": b"slow"})
        await until(Settled, request_id="slow", settlement=Settlement.RETRIED)
        await whole.edge.until_counted(1, timeout_seconds=10)
        assert whole.edge.unbroken()
    await replica.stop()
    await vhost.until(
        lambda queues: (queues["orders.parked"].ready, queues["orders.requests"].messages) == (2, 0)
    )


async def test_what_cannot_be_seen_does_not_keep_the_relay_from_starting(
    vhost: VirtualHost, broker: Broker
) -> None:
    """RabbitMQ 4.2.6 and later refuse a look without any right: it may well be there."""
    await declared(vhost.url, QUICK)
    vhost.set_permissions(configure="", write=USED_TO_WRITE, read=r"^orders\.requests$")
    async with running(broker, CHECK) as edge:
        await edge.until_consuming()
        await edge.events.until(HoldChanged, held=False)
        assert edge.unbroken()


async def test_a_missing_topology_is_said_and_nothing_is_declared(
    vhost: VirtualHost, broker: Broker
) -> None:
    """Until the operator has made it: then the relay goes on by itself."""
    async with running(broker, CHECK) as edge:
        lost = await edge.events.until(BrokerLost, cause=LostCause.TOPOLOGY)
        assert "exchange orders is missing; " in lost.reason
        assert vhost.queues() == {}
        await declared(vhost.url, QUICK)
        await edge.until_consuming()


async def test_a_right_that_is_missing_is_said_by_name(vhost: VirtualHost, broker: Broker) -> None:
    """Without reading it cannot consume, without writing it cannot publish."""
    await declared(vhost.url, QUICK)
    vhost.set_permissions(configure="", write=WRITE, read="")
    async with running(broker, CHECK) as edge:
        await edge.events.until(HoldChanged, held=False)
        lost = await edge.events.until(BrokerLost)
        assert "access to queue 'orders.requests'" in lost.reason
        vhost.set_permissions(configure="", write=WRITE, read=READ)
        await edge.until_consuming()
