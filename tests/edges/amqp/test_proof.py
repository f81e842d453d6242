"""That results can be published is asked again and again, also while no order comes."""

from dataclasses import replace

import pytest

from service.edges.amqp.broker import Broker
from service.flow.events.process import HoldChanged
from service.flow.ports import Confirmed
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import publication, publishing
from tests.edges.amqp.test_assurance import CHECK, NO_REPLIES, NO_RIGHT, QUICK
from tests.edges.amqp.test_least_rights import READ, WRITE
from tests.world.broker.vhost import VirtualHost

OFTEN = replace(CHECK, confirmed_every_seconds=0.2)


@pytest.fixture
async def vhost(empty_vhost: VirtualHost) -> VirtualHost:
    """One with few queues."""
    await declared(empty_vhost.url, QUICK)
    return empty_vhost


@pytest.mark.parametrize("exchange", ["replies", "parked"])
async def test_a_right_that_is_gone_is_noticed_before_the_next_order(
    vhost: VirtualHost, broker: Broker, exchange: str
) -> None:
    """Without orders; and nothing is asked that costs the broker's log a line while it is there."""
    async with publishing(broker, OFTEN) as edge:
        vhost.set_permissions(configure="", write=WRITE.replace(exchange, "x"), read=READ)
        held = await edge.events.until(HoldChanged, held=True, number=2)
        assert held.why.startswith(f"the user may not write exchange orders.{exchange}; see")
        vhost.set_permissions(configure="", write=WRITE, read=READ)
        await edge.events.until(HoldChanged, held=False, number=2)
        assert edge.unbroken()


async def test_that_the_replies_exchange_is_gone_is_noticed_before_the_next_order(
    vhost: VirtualHost, broker: Broker
) -> None:
    """Without orders."""
    async with publishing(broker, OFTEN) as edge:
        vhost.node.api.delete("exchanges", vhost.name, "orders.replies")
        held = await edge.events.until(HoldChanged, held=True, number=2)
        assert held.why.endswith("(exchange orders.replies is missing)")


async def test_a_user_who_may_not_read_the_orders_exchange_is_not_held(
    vhost: VirtualHost, broker: Broker
) -> None:
    """The right to the results cannot be asked in silence then; their refusal tells."""
    vhost.set_permissions(configure="", write=WRITE, read=r"^orders\.requests$")
    async with publishing(broker, OFTEN) as edge:
        vhost.set_permissions(configure="", write=NO_REPLIES, read=r"^orders\.requests$")
        assert await edge.publisher.publish(publication()) != Confirmed()
        held = await edge.events.until(HoldChanged, held=True, number=2)
        assert held.why.startswith(NO_RIGHT)
