"""Two sessions that begin at the same time ask for the topology once."""

import asyncio

import pytest

from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker
from service.edges.amqp.declare import Look, look
from service.edges.amqp.preparation import Prepare
from service.flow.events.labels import ConnectionName
from tests.edges.amqp.edge import ORDERS
from tests.world.broker.vhost import VirtualHost


@pytest.fixture
def vhost(empty_vhost: VirtualHost) -> VirtualHost:
    """Nothing stands yet."""
    return empty_vhost


async def test_who_waits_for_another_preparation_takes_it(
    vhost: VirtualHost, broker: Broker
) -> None:
    """But not one that failed, nor one that was over before."""
    connection, _ = await broker.connect(ConnectionName.PUBLISH)
    useless, _ = await broker.connect(ConnectionName.CONSUME)
    try:
        await brokers.underlay(useless).close()
        prepare = Prepare(ORDERS, "declare")
        failed, done, waited = await asyncio.gather(
            prepare(useless), prepare(connection), prepare(useless), return_exceptions=True
        )
        assert isinstance(failed, RuntimeError)
        assert (done, waited) == (None, None)
        assert await look(connection, ORDERS, compare=True) == Look()
        with pytest.raises(RuntimeError, match="closed"):
            await prepare(useless)
    finally:
        await brokers.close(connection)
        await brokers.close(useless)
