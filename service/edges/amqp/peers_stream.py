"""The replicas' stream on one channel: what is said on it, and what is read of it."""

import contextlib
from collections.abc import Callable

from aiormq import spec
from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.exceptions import AMQPError

from service.edges.amqp.connection import Session
from service.edges.amqp.peers_wire import read, write
from service.flow.events.labels import LostCause
from service.flow.sending.periods import READ_BACK_SECONDS
from service.flow.sending.said import Said

PREFETCH = 500
ACK_EVERY = 100
"""One ack for each delivery costs the broker as much as the delivery."""

RPC_TIMEOUT_SECONDS = 10.0
OFFSET = "x-stream-offset"


class PeersStream:
    """A stream, by a channel that confirms."""

    def __init__(self, stream: str, channel: AbstractChannel) -> None:
        self._stream = stream
        self._channel = channel

    async def say(self, said: Said, seconds: float) -> None:
        """Publish it; TimeoutError where it is not confirmed in so long."""
        kind = spec.Basic.Properties(content_type="application/json", app_id="order-relay")
        # Mandatory: where the stream is not bound, nobody would say why nothing comes back.
        await self._channel.basic_publish(
            write(said), exchange=self._stream, properties=kind, mandatory=True, timeout=seconds
        )

    async def read(self, session: Session, hear: Callable[[Said, int], None]) -> None:
        """Have `hear` called with what was said lately and from now on, and with its offset."""

        def on_cancel(_: spec.Basic.Cancel) -> None:
            session.break_(LostCause.CONSUMER_CANCELLED, "the broker cancelled the consumer")

        async def on_message(delivered: DeliveredMessage) -> None:
            offset = (delivered.header.properties.headers or {}).get(OFFSET)
            said = read(delivered.body)
            if said is not None and isinstance(offset, int):
                hear(said, offset)
            tag = delivered.delivery_tag or 0
            if tag % ACK_EVERY != 0:
                return
            # The end of a channel is told elsewhere.
            with contextlib.suppress(AMQPError, ConnectionError, RuntimeError):
                await self._channel.basic_ack(tag, multiple=True, wait=False)

        self._channel.on_consumer_cancel_callbacks.add(on_cancel)
        await self._channel.basic_qos(prefetch_count=PREFETCH, timeout=RPC_TIMEOUT_SECONDS)
        await self._channel.basic_consume(
            self._stream,
            on_message,
            # By the broker's clock; what was read before is passed over.
            arguments={OFFSET: f"{READ_BACK_SECONDS}s"},
            timeout=RPC_TIMEOUT_SECONDS,
        )
