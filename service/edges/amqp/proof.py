"""Whether results may be published, and a publish that changes nothing and is confirmed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aio_pika.abc import AbstractConnection
from aiormq.abc import AbstractChannel
from aiormq.exceptions import AMQPChannelError, AMQPError

from service.core.rights import Answer, Right, lacking, refused_of, to_publish
from service.core.topology import Topology
from service.edges.amqp.broker import CLOSE_TIMEOUT_SECONDS, underlay
from service.edges.amqp.refusals import gone, why_held
from service.edges.amqp.rights import ask, may_write

KEY = "order-relay.proof"
"""No queue is bound to a direct exchange with it: the broker confirms it and throws it away."""

CHANNEL_TIMEOUT_SECONDS = 10.0
REFUSED = "the broker refuses what is published; see the line `publish failed`"


class Proof:
    """What is published to see whether anything is confirmed."""

    def __init__(self, topology: Topology) -> None:
        self._exchange = topology.retry_exchange
        self._rights = to_publish(topology)

    async def ask(self, connection: AbstractConnection) -> str | None:
        """None when it is confirmed, and results may be published; else why not."""
        # Blocked, the broker reads nothing of this connection: a question runs into its bound.
        await underlay(connection).ready()
        granted = await may_write(connection, [right.name for right in self._rights])
        if not granted and (why := await self._why_not(connection)) is not None:
            return why
        try:
            async with confirming(connection) as channel:
                await channel.basic_publish(b"", exchange=self._exchange, routing_key=KEY)
        except AMQPChannelError as error:
            return why_held(error, self._exchange) or REFUSED
        return None

    async def _why_not(self, connection: AbstractConnection) -> str | None:
        said: dict[Right, Answer] = {}
        for right in self._rights:
            await underlay(connection).ready()
            said[right] = await ask(connection, right)
        if refused := refused_of(said, said):
            return lacking(refused)
        missing = (right for right, answer in said.items() if answer is Answer.MISSING)
        return next((gone(right.name) for right in missing), None)


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
