"""Takes a topology away, with all that is in it."""

from aio_pika.abc import AbstractConnection

from service.core.topology import Topology
from service.edges.amqp.declare import RPC_TIMEOUT_SECONDS, open_channel


async def remove(connection: AbstractConnection, topology: Topology) -> None:
    """Delete queues and exchanges; what is not there is no fault."""
    channel = await open_channel(connection)
    for queue in topology.queues:
        await channel.queue_delete(queue.name, timeout=RPC_TIMEOUT_SECONDS)
    for exchange in topology.exchanges:
        await channel.exchange_delete(exchange.name, timeout=RPC_TIMEOUT_SECONDS)
    await channel.close()
