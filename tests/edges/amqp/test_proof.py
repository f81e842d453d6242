"""That results have a way is asked again and again, also while no order comes."""

from dataclasses import replace

import pytest

from service.edges.amqp.broker import Broker
from service.flow.events.process import HoldChanged
from service.flow.ports import Confirmed
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import publication, publishing
from tests.edges.amqp.test_assurance import CHECK, DECLARE, NO_REPLIES, NO_RIGHT, QUICK
from tests.edges.amqp.test_least_rights import READ, WRITE
from tests.world.broker.vhost import VirtualHost

OFTEN = replace(CHECK, confirmed_every_seconds=0.2)


@pytest.fixture
async def vhost(empty_vhost: VirtualHost) -> VirtualHost:
    """One with few queues."""
    await declared(empty_vhost.url, QUICK)
    return empty_vhost


@pytest.mark.parametrize("exchange", ["orders.replies", "orders.parked"])
async def test_that_an_exchange_of_results_is_gone_is_noticed_before_the_next_order(
    vhost: VirtualHost, broker: Broker, exchange: str
) -> None:
    """Without orders, and until it is there again."""
    async with publishing(broker, OFTEN) as edge:
        vhost.node.api.delete("exchanges", vhost.name, exchange)
        held = await edge.events.until(HoldChanged, held=True, number=2)
        assert held.why.endswith(f"(exchange {exchange} is missing)")
        await declared(vhost.url, QUICK)
        await edge.events.until(HoldChanged, held=False, number=2)
        assert edge.unbroken()


async def test_that_the_right_to_reply_is_gone_is_noticed_before_the_next_order(
    vhost: VirtualHost, broker: Broker
) -> None:
    """Without orders, by its name, until it is granted again; the publisher's channels stand."""
    vhost.set_permissions(configure="", write=WRITE, read=READ)
    async with publishing(broker, OFTEN) as edge:
        vhost.set_permissions(configure="", write=NO_REPLIES, read=READ)
        held = await edge.events.until(HoldChanged, held=True, number=2)
        assert held.why.startswith(NO_RIGHT)
        vhost.set_permissions(configure="", write=WRITE, read=READ)
        await edge.events.until(HoldChanged, held=False, number=2)
        assert edge.unbroken()


async def test_where_the_topology_is_ours_an_exchange_of_results_is_declared_again(
    vhost: VirtualHost, broker: Broker
) -> None:
    """The next reply has its way."""
    async with publishing(broker, replace(DECLARE, confirmed_every_seconds=0.2)) as edge:
        vhost.node.api.delete("exchanges", vhost.name, "orders.replies")
        await edge.events.until(HoldChanged, held=False, number=2)
        assert await edge.publisher.publish(publication()) == Confirmed()
        assert edge.unbroken()
