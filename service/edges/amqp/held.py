"""What is held of a queue, and how it can fail."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from aiormq import spec
from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.exceptions import AMQPError, ChannelInvalidStateError

from service.core.message import Message, Received
from service.core.parked.found import is_copy
from service.edges.amqp.broker import BrokerUnreachableError
from service.edges.amqp.codec import to_received
from service.edges.amqp.connection import Session, SessionBrokenError
from service.edges.amqp.delivery import AmqpDelivery
from service.edges.amqp.faults import fault_of_reply, told

RPC_TIMEOUT_SECONDS = 60.0
"""An answer comes behind all messages that are on their way: on a busy machine that takes time."""

Kept = TypeVar("Kept")
Keep = Callable[[AmqpDelivery], Kept | None]


class SharedQueueError(Exception):
    """Somebody else consumes from the queue, and did not end in time."""


FAILURES = (
    AMQPError,
    BrokerUnreachableError,
    ChannelInvalidStateError,
    OSError,
    SessionBrokenError,
    SharedQueueError,
    TimeoutError,
)
"""What `held` and its block can raise when the broker is away, refuses, or is busy with others."""


def why(error: BaseException) -> str:
    """A failure for people."""
    if isinstance(error, BrokerUnreachableError | SessionBrokenError | SharedQueueError):
        return str(error)
    return told(error, fault_of_reply(error))


@dataclass(slots=True)
class Held(Generic[Kept]):
    """What is held; nothing of it is worth anything once `alive` is False.

    `kept` is what was made of each that is held, in order, without those of which nothing is.
    """

    session: Session
    queue: str
    count: int = 0
    acked: int = 0
    kept: list[Kept] = field(default_factory=list)
    channels: list[AbstractChannel] = field(default_factory=list)

    @property
    def alive(self) -> bool:
        """Whether the connection stands, so that what is acked is taken out."""
        return self.session.alive

    async def newer(self) -> list[AmqpDelivery]:
        """What came to the queue since it is held; held, too, from now on."""
        found: list[AmqpDelivery] = []
        channel = self.channels[-1]
        while True:
            got = await channel.basic_get(self.queue, timeout=RPC_TIMEOUT_SECONDS)
            if isinstance(got.delivery, spec.Basic.GetEmpty):
                return found
            found.append(self.delivery_of(got, channel))

    def delivery_of(self, delivered: DeliveredMessage, channel: AbstractChannel) -> AmqpDelivery:
        """The delivery of a message that is held; one that cannot be read is undecodable."""
        received, tag = _received(delivered), delivered.delivery_tag or 0
        return AmqpDelivery(received, tag, channel, self.session, self._settled)

    def _settled(self) -> None:
        self.acked += 1


def _received(delivered: DeliveredMessage) -> Received:
    try:
        return to_received(delivered, is_copy)
    except Exception as error:  # noqa: BLE001 - one message must not hide all others
        return Received(Message(b""), undecodable=f"unreadable: {type(error).__name__}")
