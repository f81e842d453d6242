"""A bound on a message's body that holds before the memory for it is taken.

A content header says how large the body is that follows. aiormq collects any body before it hands
the delivery on: 128 MB each on RabbitMQ 3.10, 16 MB on 4.x, as many at a time as the prefetch. So
a body above the bound is dropped as it comes off the wire, and a stand-in takes its place: its size
in eight bytes, under a content header whose weight says so. A broker always writes a weight of 0.
"""

import asyncio
import struct
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any, SupportsIndex

import aio_pika
from aio_pika.abc import TimeoutType
from aiormq.abc import DeliveredMessage
from aiormq.connection import TransportFactory
from aiormq.exceptions import AMQPConnectionError
from pamqp.constants import FRAME_BODY, FRAME_END_CHAR, FRAME_HEADER
from pamqp.heartbeat import Heartbeat
from yarl import URL

from service.core.body import MAX_BODY_BYTES
from service.edges.amqp.direct import Direct
from service.edges.amqp.frames import CONTENT, FRAME_BYTES, HEAD
from service.edges.amqp.gathering import GatheringWriter

STANDS_IN = 1
"""The weight of a content header whose body was dropped."""

MOST_FRAME_BYTES = 128 * 1024
"""What is larger comes in no frame of RabbitMQ's, and is not waited for."""

BEAT_SECONDS = 1.0

_SIZE = struct.Struct(">Q")
_BEAT = Heartbeat.marshal()


class DirectConnection(aio_pika.Connection):
    """A connection on which deliveries and confirms can pass aiormq by."""

    most_body_bytes: float = float("inf")

    async def connect(self, timeout: TimeoutType = None) -> None:  # noqa: ASYNC109 - aio-pika's
        """Connect by a transport of our own."""
        self.direct = Direct(self.most_body_bytes)
        # aio-pika hands these on to aiormq, but has no parameter of its own for this one.
        self.kwargs["transport_factory"] = _Transport(self.direct, self.most_body_bytes)
        try:
            await super().connect(timeout)
        except BaseException:
            # One that is not closed asks for it when it is collected, where no loop may run.
            await self.close()
            raise


class BoundedConnection(DirectConnection):
    """One on which no message brings a body above the bound."""

    most_body_bytes: float = MAX_BODY_BYTES


def dropped_body_bytes(delivered: DeliveredMessage) -> int | None:
    """How large the body was in whose place a stand-in came; None where it came itself."""
    if delivered.header.weight != STANDS_IN:
        return None
    size: int = _SIZE.unpack(delivered.body)[0]
    return size


class _Transport(TransportFactory):
    """As aiormq's own, but for what reads and what writes."""

    def __init__(self, direct: Direct, most_body_bytes: float) -> None:
        self._direct = direct
        self._most_body_bytes = most_body_bytes

    async def create(
        self,
        url: URL,
        **named: Any,  # noqa: ANN401 - aiormq's
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        tls = named.pop("ssl_context_provider")
        context = await tls.get_context() if url.scheme == "amqps" else None
        loop = asyncio.get_running_loop()
        reader = BoundedReader(self._direct, self._most_body_bytes)
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            transport, _ = await loop.create_connection(
                lambda: protocol, str(url.host), int(url.port or 0), ssl=context, **named
            )
        except OSError as error:
            raise AMQPConnectionError(*error.args) from error
        writer = GatheringWriter(transport, protocol, reader, loop)
        self._direct.write = writer.write
        return reader, writer


class BoundedReader(asyncio.StreamReader):
    """What aiormq has to read: not what is taken by `direct`, and of a large body a stand-in."""

    def __init__(
        self, direct: Direct, most_body_bytes: float, now: Callable[[], float] = monotonic
    ) -> None:
        super().__init__()
        self._now = now
        self._direct = direct
        self._most_body_bytes = most_body_bytes
        self._ahead = bytearray()
        self._taken = bytearray()
        # Of the frame that comes: what is passed on, or dropped, of it.
        self._to_pass = 0
        self._to_drop = 0
        self._dropped_bodies: dict[int, int] = {}
        self._beaten_at = now()

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        """Take what has come off the wire; the transport calls it."""
        self._ahead += bytes(data)
        self._sift()
        now = self._now()
        if not self._taken and not self._to_pass and now >= self._beaten_at + BEAT_SECONDS:
            # aiormq takes a connection for dead on which it has seen no frame for 33 s.
            self._beaten_at = now
            self._taken += _BEAT
        super().feed_data(self._taken)
        self._taken.clear()

    def _sift(self) -> None:
        """Pass on or drop what was read ahead, as far as it can be told which."""
        at, end = 0, len(self._ahead)
        while at < end:
            if self._to_pass:
                size = min(self._to_pass, end - at)
                self._taken += self._ahead[at : at + size]
                self._to_pass -= size
            elif self._to_drop:
                size = min(self._to_drop, end - at)
                self._to_drop -= size
            elif (begun := self._begin(at)) is not None:
                size = begun
            else:
                break
            at += size
        del self._ahead[:at]

    def _begin(self, at: int) -> int | None:
        """Begin with the frame at `at`; how much of it is done with, None where more must come."""
        if len(self._ahead) - at < HEAD.size:
            return None
        kind, channel, length = HEAD.unpack_from(self._ahead, at)
        if kind == FRAME_BODY and channel in self._dropped_bodies:
            return self._drop(channel, length)
        # Whatever else comes on the channel says that the body is over, or never comes.
        self._dropped_bodies.pop(channel, None)
        size: int = FRAME_BYTES + length
        if (passage := self._direct.passages.get(channel)) is not None:
            if length <= MOST_FRAME_BYTES:
                if len(self._ahead) - at < size:
                    return None
                if passage.take(kind, bytes(self._ahead[at : at + size])):
                    return size
            self._taken += passage.give_back()
            if passage.over:
                del self._direct.passages[channel]
        if kind == FRAME_HEADER and length > CONTENT.size:
            return self._content_header(channel, at, size)
        self._to_pass = size
        return 0

    def _drop(self, channel: int, length: int) -> int:
        self._to_drop = length + len(FRAME_END_CHAR)
        self._dropped_bodies[channel] -= length
        if self._dropped_bodies[channel] <= 0:
            del self._dropped_bodies[channel]
        return HEAD.size

    def _content_header(self, channel: int, at: int, size: int) -> int | None:
        if len(self._ahead) - at < HEAD.size + CONTENT.size:
            return None
        class_id, _, body_bytes = CONTENT.unpack_from(self._ahead, at + HEAD.size)
        if body_bytes <= self._most_body_bytes:
            self._to_pass = size
            return 0
        if len(self._ahead) - at < size:
            return None
        self._dropped_bodies[channel] = body_bytes
        head = self._ahead[at : at + HEAD.size]
        properties = self._ahead[at + HEAD.size + CONTENT.size : at + size]
        marked = CONTENT.pack(class_id, STANDS_IN, _SIZE.size)
        stand_in = HEAD.pack(FRAME_BODY, channel, _SIZE.size) + _SIZE.pack(body_bytes)
        self._taken += head + marked + properties + stand_in + FRAME_END_CHAR
        return size
