"""One publication on one channel, and each way in which it can end."""

import asyncio
from dataclasses import dataclass

import aiormq.exceptions
from aiormq.abc import AbstractChannel
from pamqp.header import ContentHeader

from service.core.message import Message
from service.edges.amqp.codec import UNENCODABLE, to_properties
from service.flow.ways import Destination

FRAME_OVERHEAD_BYTES = 8
LOOK_FOR_ROOM_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message with its way through the broker; a `reply` may go to the unrouted instead."""

    exchange: str
    routing_key: str
    message: Message
    to: Destination
    reply: bool = False


@dataclass(frozen=True, slots=True)
class Acked:
    """The broker has it, durably."""


@dataclass(frozen=True, slots=True)
class Nacked:
    """A queue that it was routed to refused it; others may have it."""


@dataclass(frozen=True, slots=True)
class Unroutable:
    """No queue is bound for it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unfit:
    """It cannot be sent over this connection; nothing of it was."""

    reason: str


@dataclass(frozen=True, slots=True)
class Late:
    """Not confirmed in time, and may arrive still: `sending` ends when the broker answers."""

    sending: "Sending"


@dataclass(frozen=True, slots=True)
class Shut:
    """The broker closed the channel, for this one or for another one that was on it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Over:
    """The connection is given up; `blamed` where the broker ended it, perhaps for this one."""

    reason: str
    blamed: bool = False


Ended = Acked | Nacked | Unroutable | Unfit | Late | Shut | Over
Sending = asyncio.Future[Acked | Nacked | Unroutable | Unfit]


async def attempt(
    channel: AbstractChannel, outgoing: Outgoing, turn: asyncio.Lock
) -> Acked | Nacked | Unroutable | Unfit:
    """Publish and wait for the confirm; raises what the channel or the connection ends with.

    `turn` is the connection's: all that it publishes passes through it.
    """
    try:
        properties = to_properties(outgoing.message)
        header = ContentHeader(properties=properties, body_size=len(outgoing.message.body))
        size = len(header.marshal()) + FRAME_OVERHEAD_BYTES
        # A larger header frame would end the connection; the broker says how large it may be.
        if 0 < (frame_max := channel.connection.connection_tune.frame_max) < size:
            return Unfit(f"properties and headers make a frame of {size} bytes, over {frame_max}")
        async with turn:
            while channel.connection.write_queue.full():
                await asyncio.sleep(LOOK_FOR_ROOM_SECONDS)
                if channel.is_closed:
                    # Nobody empties the queue of a connection that is gone.
                    raise aiormq.exceptions.ChannelInvalidStateError("the connection is gone")
        # From the broker's Close on, a frame more on the channel would end the connection. Nothing
        # may be awaited between this and the write: neither room, nor the socket (`wait`).
        if channel.connection.channels.get(channel.number) is not channel:
            raise aiormq.exceptions.ChannelInvalidStateError("the broker has closed it")
        await channel.basic_publish(  # type: ignore[call-arg] # its class does not name `wait`
            outgoing.message.body,
            exchange=outgoing.exchange,
            routing_key=outgoing.routing_key,
            properties=properties,
            # Without it the broker confirms what it could route nowhere.
            mandatory=True,
            wait=False,
        )
    except aiormq.exceptions.PublishError as error:
        return Unroutable(f"unroutable: {error}")
    except aiormq.exceptions.DeliveryError:
        return Nacked()
    except UNENCODABLE as error:
        # Nothing of it was sent, so the channel is still good for the others.
        return Unfit(f"it cannot be encoded: {error}")
    return Acked()
