"""The one simulated broker: the queue with its waiting tiers, and the stream."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from service.core.message import Message, Publication, PublicationKind, Received
from service.flow.sending.periods import READ_BACK_SECONDS
from service.flow.sending.said import Said
from tests.flow.fakes import waited
from tests.flow.fleet.connection import Connection, Do

FRESH_SECONDS = 0.05
"""An order that was taken from a replica so short a time ago may still be called for."""


@dataclass(eq=False)
class Consumer:
    """A replica as the queue sees it, from one beginning of consuming to its end."""

    replica: int
    connection: Connection
    deliver: Callable[["Consumer", int, Received], None]
    prefetch: int
    unacked: dict[int, Received] = field(default_factory=dict)


class Queue:
    """The requests and the waiting tiers; what is given back is delivered first."""

    def __init__(self, orders: Iterator[Message]) -> None:
        self._loop = asyncio.get_running_loop()
        self._orders = orders
        self._returned: deque[Received] = deque()
        self._consumers: deque[Consumer] = deque()
        self._tags = 0
        self._holders: dict[str, tuple[int | None, float]] = {}
        self.ready: deque[Received] = deque()
        self.replies: list[tuple[float, str, str]] = []
        self.parked: list[Message] = []

    def send(self, message: Message, *, again: bool = False) -> None:
        """Queue a request, or one that was tried before."""
        self.ready.append(waited(message) if again else Received(message, exchange="orders"))
        self.pump()

    def begin(self, consumer: Consumer) -> None:
        """Deliver to it as much as it wants."""
        self._consumers.append(consumer)
        self.pump()

    def cancel(self, consumer: Consumer) -> None:
        """Deliver nothing more to it; what it has it keeps."""
        if consumer in self._consumers:
            self._consumers.remove(consumer)

    def count(self) -> int:
        """How many consumers there are."""
        return len(self._consumers)

    def settle(self, consumer: Consumer, tag: int, *, requeue: bool) -> None:
        """An ack, or a delivery that is given back."""
        received = consumer.unacked.pop(tag)
        self._held_by(None, received)
        if requeue:
            self._returned.append(replace(received, redelivered=True))
        self.pump()

    def close(self, consumers: list[Consumer]) -> None:
        """Their connection is gone: what they had comes again."""
        for consumer in consumers:
            self.cancel(consumer)
            for received in consumer.unacked.values():
                self._held_by(None, received)
                self._returned.append(replace(received, redelivered=True))
            consumer.unacked.clear()
        self.pump()

    def publish(self, publication: Publication) -> None:
        """A reply, a parked copy, or an order that is to wait."""
        message = publication.message
        match publication.kind:
            case PublicationKind.REPLY:
                body = json.loads(message.body)
                reply = (self._loop.time(), str(body["request_id"]), str(body["status"]))
                self.replies.append(reply)
            case PublicationKind.PARKED:
                self.parked.append(message)
            case PublicationKind.RETRY:
                back = partial(self._come_back, waited(message))
                self._loop.call_later(float(publication.routing_key), back)

    def is_foreign(self, order: str, replica: int) -> bool:
        """Whether an order is not this replica's, and has not been for more than a moment."""
        holder, since = self._holders.get(order, (None, 0.0))
        return holder != replica and self._loop.time() - since > FRESH_SECONDS

    def pump(self) -> None:
        """Deliver as much as is wanted, in turn."""
        while (consumer := self._wants()) is not None:
            received = self._next()
            if received is None:
                return
            self._consumers.remove(consumer)
            self._consumers.append(consumer)
            self._tags += 1
            consumer.unacked[self._tags] = received
            self._held_by(consumer.replica, received)
            consumer.connection.down(partial(consumer.deliver, consumer, self._tags, received))

    def _wants(self) -> Consumer | None:
        wants = (each for each in self._consumers if len(each.unacked) < each.prefetch)
        return next(wants, None)

    def _come_back(self, received: Received) -> None:
        self.ready.append(received)
        self.pump()

    def _next(self) -> Received | None:
        for each in (self._returned, self.ready):
            if each:
                return each.popleft()
        message = next(self._orders, None)
        return None if message is None else Received(message, exchange="orders")

    def _held_by(self, replica: int | None, received: Received) -> None:
        self._holders[received.message.message_id or ""] = (replica, self._loop.time())


class Reader(Protocol):
    """Who reads the stream on a connection."""

    connection: Connection

    def hear(self, said: Said, offset: int) -> None:
        """Read one message."""
        ...


class Stream:
    """What all say, in one order; while it is stalled nothing is written."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._log: list[tuple[float, Said]] = []
        self._readers: list[Reader] = []
        self._stalled_until = 0.0

    def stall(self, seconds: float) -> None:
        """The leader hangs: what comes meanwhile is written afterwards."""
        self._stalled_until = self._loop.time() + seconds

    def append(self, said: Said, then: Do) -> None:
        """Write it, and then confirm."""
        if (wait := self._stalled_until - self._loop.time()) > 0:
            self._loop.call_later(wait + 1e-6, partial(self.append, said, then))
            return
        self._log.append((self._loop.time(), said))
        for reader in self._readers:
            reader.connection.down(partial(reader.hear, said, len(self._log) - 1))
        then()

    def subscribe(self, reader: Reader) -> None:
        """Read from a minute back, and everything from now on."""
        since = self._loop.time() - READ_BACK_SECONDS
        for offset, (written, said) in enumerate(self._log):
            if written >= since:
                reader.connection.down(partial(reader.hear, said, offset))
        self._readers.append(reader)
        reader.connection.on_close = partial(self._readers.remove, reader)
