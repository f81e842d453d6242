"""A broker that is killed while messages hop from a waiting queue to the requests."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from service.core.topology import Topology
from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker
from service.edges.amqp.declare import declare
from service.flow.events.labels import ConnectionName
from tests.edges.amqp.eventlog import WAIT_SECONDS
from tests.edges.amqp.hostile import BODY
from tests.world.broker.trying import patiently
from tests.world.broker.vhost import VirtualHost


async def declared(url: str, topology: Topology) -> None:
    """Declare the topology and go."""

    async def declare_and_go() -> None:
        connection, _ = await Broker([url]).connect(ConnectionName.PUBLISH)
        try:
            await declare(connection, topology)
        finally:
            await brokers.close(connection)

    await patiently(declare_and_go)


async def fill(vhost: VirtualHost, exchange: str, key: str, ids: Iterable[str]) -> None:
    """Publish a message for each id, and wait until all are confirmed."""
    async with vhost.channel() as channel:
        target = await channel.get_exchange(exchange, ensure=False)
        await asyncio.gather(
            *(
                target.publish(aio_pika.Message(BODY, message_id=i, delivery_mode=2), key)
                for i in ids
            )
        )


async def hop_through_a_crash(vhost: VirtualHost, topology: Topology, ids: set[str]) -> None:
    """Publish to the first waiting queue, kill the node in mid-hop, and start it again."""
    await declared(vhost.url, topology)
    await asyncio.to_thread(vhost.node.settle)
    await fill(vhost, topology.retry_exchange, "1", ids)
    arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    async with vhost.channel() as channel:
        queue = await channel.get_queue(topology.requests_queue, ensure=False)
        await queue.consume(arrived.put)
        # Those that have come are unacked, and so must come again.
        await asyncio.wait_for(arrived.get(), WAIT_SECONDS)
        await asyncio.to_thread(vhost.node.kill)
    await asyncio.to_thread(vhost.node.start_again)


async def arrivals(vhost: VirtualHost, topology: Topology, ids: set[str]) -> set[str]:
    """Which of the ids are in the requests queue, as soon as all are, or within a bound."""
    found: set[str] = set()
    async with vhost.channel() as channel:
        queue = await channel.get_queue(topology.requests_queue, ensure=False)
        with suppress(TimeoutError):
            async with queue.iterator(no_ack=True, timeout=WAIT_SECONDS) as messages:
                async for message in messages:
                    found.add(message.message_id or "")
                    if found >= ids:
                        break
    return found
