"""A producer's connection: orders out, mandatory and confirmed, and their replies in."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import assert_never

from aio_pika.abc import AbstractConnection
from aiormq.abc import DeliveredMessage
from aiormq.exceptions import AMQPError

from service.core.message import Message, Received
from service.core.topology import REQUEST_ROUTING_KEY
from service.edges.amqp import broker as brokers
from service.edges.amqp.attempt import Acked, Nacked, Outgoing, Unfit, Unroutable
from service.edges.amqp.broker import Broker
from service.edges.amqp.codec import to_received
from service.edges.amqp.connection import Session, expected
from service.edges.amqp.declare import RPC_TIMEOUT_SECONDS, open_channel
from service.edges.amqp.lane import Lane
from service.edges.amqp.one_off import keep_quiet
from service.flow.cancellation import is_ours
from service.flow.deadlines import Deadlines
from service.flow.keyed_lock import KeyedLock
from service.flow.ports import Confirmed, Published, Unconfirmed, Unpublishable
from service.flow.ways import Destination

CONNECTION_NAME = "send"
CONFIRM_SECONDS = 10.0

_LOST = (AMQPError, OSError, RuntimeError, asyncio.CancelledError)
"""What aiormq raises once the channel or the connection is gone."""


class Producer:
    """One connection, for as long as it stands; what is lost is not made anew."""

    def __init__(self, connection: AbstractConnection, namespace: str, session: Session) -> None:
        self._connection = connection
        self._namespace = namespace
        self._same_id = KeyedLock()
        self._deadlines = Deadlines()
        self._opening: asyncio.Future[Lane] | None = None
        self.session = session

    @classmethod
    @asynccontextmanager
    async def connected(cls, broker: Broker, namespace: str) -> AsyncIterator["Producer"]:
        """A producer of orders for the relays of this name space; BrokerUnreachableError."""
        keep_quiet()
        connection, _ = await broker.connect(CONNECTION_NAME)
        session = Session()
        session.watch(brokers.underlay(connection))
        try:
            yield cls(connection, namespace, session)
        finally:
            await brokers.close(connection)

    async def listen(
        self, queue: str, keys: Iterable[str], see: Callable[[Received], None]
    ) -> None:
        """Have `see` called with the replies that come by these keys from now on.

        The queue is new, this connection's alone, and gone with it. Raises AMQPError where the
        login may not, or there is no exchange for the replies.
        """
        channel = await open_channel(self._connection)
        self.session.watch_channel(channel)

        async def on_message(delivered: DeliveredMessage) -> None:
            see(to_received(delivered))

        await channel.queue_declare(
            queue, exclusive=True, auto_delete=True, timeout=RPC_TIMEOUT_SECONDS
        )
        for key in keys:
            await channel.queue_bind(
                queue, f"{self._namespace}.replies", key, timeout=RPC_TIMEOUT_SECONDS
            )
        await channel.basic_consume(queue, on_message, no_ack=True, timeout=RPC_TIMEOUT_SECONDS)

    async def publish(self, message: Message) -> Published:
        """Publish an order and wait for the confirm.

        Unpublishable is certainly not at the broker; Unconfirmed may be: it may be published again
        with the same message id only.
        """
        # aiormq recognises a returned message by its id: of two in flight the wrong one would be.
        async with self._same_id.hold(message.message_id or ""):
            try:
                lane = await self._confirming()
            except _LOST as error:
                if is_ours(error):
                    raise
                return Unpublishable(self._told(error))
            to = Destination(self._namespace, REQUEST_ROUTING_KEY)
            sending = lane.begin(Outgoing(to.exchange, to.routing_key, message, to))
            await sending.wait(CONFIRM_SECONDS, self._deadlines)
            match sending.ended:
                case Acked():
                    return Confirmed()
                case Nacked():
                    return Unconfirmed("the queue refused it")
                case Unroutable(reason) | Unfit(reason):
                    return Unpublishable(reason)
                case None if sending.error is not None:
                    return Unconfirmed(self._told(sending.error))
                case None:
                    return Unconfirmed(f"no confirm in {CONFIRM_SECONDS:g} s")
                case _ as never:  # pragma: no cover
                    assert_never(never)

    def _told(self, error: BaseException) -> str:
        """The library's own words are of its objects where the connection is gone."""
        lost = not self.session.alive
        return "the connection was lost" if lost else f"{type(error).__name__}: {error}"

    async def _confirming(self) -> Lane:
        # All that wait for it go on in one turn: what is sent first may end the connection.
        if self._opening is None or _is_over(self._opening):
            self._opening = expected(asyncio.create_task(self._open()))
        return await asyncio.shield(self._opening)

    async def _open(self) -> Lane:
        channel = self._connection.channel(publisher_confirms=True, on_return_raises=True)
        async with asyncio.timeout(RPC_TIMEOUT_SECONDS):
            await channel.initialize()
        wire = await channel.get_underlay_channel()
        return Lane(wire, brokers.direct(self._connection))


def _is_over(opening: "asyncio.Future[Lane]") -> bool:
    if not opening.done():
        return False
    failed = opening.cancelled() or opening.exception() is not None
    return failed or opening.result().channel.is_closed
