"""A publish that changes nothing, and that the broker confirms."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aio_pika.abc import AbstractConnection
from aiormq.abc import AbstractChannel
from aiormq.exceptions import AMQPError

from service.core.topology import Topology
from service.edges.amqp.broker import CLOSE_TIMEOUT_SECONDS, underlay

KEY = "order-relay.proof"
"""No queue is bound to a direct exchange with it: the broker confirms it and throws it away."""

CHANNEL_TIMEOUT_SECONDS = 10.0


class Proof:
    """What is published to see whether anything is confirmed."""

    def __init__(self, topology: Topology) -> None:
        self._exchange = topology.retry_exchange

    async def ask(self, connection: AbstractConnection) -> None:
        """Return when it is confirmed; aiormq's error where the broker refuses it."""
        async with confirming(connection) as channel:
            await channel.basic_publish(b"", exchange=self._exchange, routing_key=KEY)


@asynccontextmanager
async def confirming(connection: AbstractConnection) -> AsyncIterator[AbstractChannel]:
    """A channel of its own: a refusal closes it, and a new one knows the rights of now."""
    # aio-pika's own channel would leave something behind on the connection at each.
    async with asyncio.timeout(CHANNEL_TIMEOUT_SECONDS):
        channel = await underlay(connection).channel(publisher_confirms=True, on_return_raises=True)
    try:
        yield channel
    finally:
        # Left open, they would be as many as the broker allows one day.
        with suppress(AMQPError, ConnectionError, RuntimeError, TimeoutError):
            await asyncio.wait_for(channel.close(), CLOSE_TIMEOUT_SECONDS)
