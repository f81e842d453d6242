"""A publish that changes nothing, and that the broker confirms; and whether results have a way.

Not whether the user may write to it: that costs a line in the broker's log, or, by taking away a
binding that is not there, a transaction that hangs for as long as any node of the cluster does.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aio_pika.abc import AbstractConnection
from aiormq.abc import AbstractChannel
from aiormq.exceptions import AMQPChannelError, AMQPError

from service.core.topology import Topology
from service.edges.amqp.broker import CLOSE_TIMEOUT_SECONDS, underlay
from service.edges.amqp.faults import words_of
from service.edges.amqp.refusals import why_held

KEY = "order-relay.proof"
"""No queue is bound to a direct exchange with it: the broker confirms it and throws it away."""

CHANNEL_TIMEOUT_SECONDS = 10.0
REFUSED = "the broker refuses what is published; see the line `publish failed`"


class Proof:
    """What is published to see whether anything is confirmed."""

    def __init__(self, topology: Topology) -> None:
        self._exchange = topology.retry_exchange
        self._results = (topology.replies_exchange, topology.parked_exchange)

    async def ask(self, connection: AbstractConnection) -> str | None:
        """None when it is confirmed, and results may be published; else why not."""
        try:
            async with confirming(connection) as channel:
                for exchange in self._results:
                    await channel.exchange_declare(exchange, passive=True)
                await channel.basic_publish(b"", exchange=self._exchange, routing_key=KEY)
        except AMQPChannelError as error:
            asked, words = (*self._results, self._exchange), words_of(error)
            refused = [name for name in asked if f"exchange '{name}'" in words]
            return why_held(error, next(iter(refused), self._exchange)) or REFUSED
        return None


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
