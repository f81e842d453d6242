"""A delivery that knows its session."""

import asyncio
from collections.abc import Callable

from aiormq.abc import AbstractChannel
from aiormq.exceptions import ChannelInvalidStateError

from service.core.message import Received
from service.edges.amqp.connection import Session
from service.edges.amqp.direct import Direct
from service.flow.cancellation import is_ours
from service.flow.events.labels import LostCause

SETTLE_TIMEOUT_SECONDS = 10.0


class AmqpDelivery:
    """One message, to be settled on the channel that it came on, or not at all; acked `direct`.

    Delivery tags count from 1 on every channel: an ack on a later channel would settle a message
    that is not handled yet.
    """

    def __init__(
        self,
        received: Received,
        delivery_tag: int,
        channel: AbstractChannel,
        session: Session,
        settled: Callable[[], None] = lambda: None,
        direct: Direct | None = None,
    ) -> None:
        self.received = received
        self._settled = settled
        self._tag = delivery_tag
        self._channel = channel
        self._session = session
        self._direct = direct

    @property
    def alive(self) -> bool:
        """Whether its session still stands."""
        return not self._session.broken.done()

    async def ack(self) -> None:
        """Remove it from the queue for good."""
        if self._direct is None:
            await self._settle("ack")
        elif self.alive:
            try:
                self._direct.ack(self._channel, self._tag)
            except ChannelInvalidStateError as error:
                self._session.break_(LostCause.ACK_FAILED, f"ack: {error}")
            else:
                self._settled()

    async def requeue(self, *, counted: bool = False) -> None:
        """Let the broker deliver it again; a reject counts towards its limit on every version."""
        await self._settle("reject" if counted else "nack")

    async def dead_letter(self) -> None:
        """Let the broker move it to the parked queue, byte for byte."""
        await self._settle("dead_letter")

    async def _settle(self, how: str) -> None:
        if not self.alive:
            return
        try:
            if self._channel.connection.write_queue.full():
                # The queue to the socket is short: with a stuck peer this would wait for ever.
                async with asyncio.timeout(SETTLE_TIMEOUT_SECONDS):
                    await self._send(how)
            else:
                await self._send(how)
            self._settled()
        # Any failure here means that the broker delivers again.
        except (Exception, asyncio.CancelledError) as error:
            if is_ours(error):
                raise
            self._session.break_(LostCause.ACK_FAILED, f"{how}: {type(error).__name__}: {error}")

    async def _send(self, how: str) -> None:
        match how:
            case "ack":
                await self._channel.basic_ack(self._tag, wait=False)
            case "nack":
                await self._channel.basic_nack(self._tag, requeue=True, wait=False)
            case "reject":
                await self._channel.basic_reject(self._tag, requeue=True, wait=False)
            case _:
                await self._channel.basic_reject(self._tag, requeue=False, wait=False)
