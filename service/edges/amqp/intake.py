"""The consumers of one channel, and what they bring: the first, and those beside it."""

import asyncio
from collections.abc import Callable
from itertools import count

from aiormq.abc import AbstractChannel, DeliveredMessage

from service.core.message import Message, Received
from service.edges.amqp.codec import most_properties_bytes, to_received
from service.edges.amqp.connection import Session
from service.edges.amqp.delivery import AmqpDelivery
from service.edges.amqp.direct import Direct
from service.edges.amqp.windows import Windows
from service.flow.ports import Delivery

RPC_TIMEOUT_SECONDS = 10.0


class Intake:
    """Consumes on one channel of a session; `freed` is set when there is room for another one."""

    def __init__(
        self,
        queue: str,
        channel: AbstractChannel,
        session: Session,
        direct: Direct,
        receive: Callable[[Delivery], None],
    ) -> None:
        self.channel = channel
        self.windows = Windows()
        self.freed = asyncio.Event()
        self._queue = queue
        self._session = session
        self._direct = direct
        self._receive = receive
        self._tags: list[str] = []
        self._numbers = count(1)

    @property
    def beside(self) -> int:
        """How many consumers there are beside the first one."""
        return max(0, len(self._tags) - 1)

    async def consume(self, prefetch: int) -> None:
        """Begin a consumer, the first one or one beside it."""
        generation, tag = self.windows.generation, f"order-relay-{next(self._numbers)}"

        def settled() -> None:
            if self.windows.settled(generation):
                self.freed.set()

        def see(delivered: DeliveredMessage) -> None:
            self.windows.brought(generation)
            self._receive(arrived(delivered, self.channel, self._session, settled, self._direct))

        async def see_by_aiormq(delivered: DeliveredMessage) -> None:
            # Only hands it on: aiormq cancels its callbacks when the connection is lost.
            see(delivered)

        self.windows.opened(prefetch)
        await self.channel.basic_consume(
            self._queue, see_by_aiormq, consumer_tag=tag, timeout=RPC_TIMEOUT_SECONDS
        )
        # Not before: what comes with the broker's answer is not to be seen before it.
        self._direct.consume(self.channel, tag, see)
        self._tags.append(tag)

    async def cancel(self) -> None:
        """End all consumers; what they brought stays held."""
        for tag in self._tags:
            await self.channel.basic_cancel(tag, timeout=RPC_TIMEOUT_SECONDS)
            self._direct.cancelled(self.channel, tag)
        self._tags.clear()
        self.windows.cancelled()


def arrived(
    delivered: DeliveredMessage,
    channel: AbstractChannel,
    session: Session,
    settled: Callable[[], None],
    direct: Direct,
) -> AmqpDelivery:
    """The delivery of a message; one that cannot be read is undecodable."""
    try:
        most = most_properties_bytes(channel.connection.connection_tune.frame_max)
        received = to_received(delivered, most_bytes=most)
    except Exception as error:  # noqa: BLE001 - a message without an answer keeps its slot for ever
        received = Received(Message(b""), undecodable=f"unreadable: {type(error).__name__}")
    return AmqpDelivery(received, delivered.delivery_tag or 0, channel, session, settled, direct)
