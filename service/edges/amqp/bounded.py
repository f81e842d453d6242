"""A bound on a message's body that holds before the memory for it is taken.

A content header says how large the body is that follows. aiormq collects any body before it hands
the delivery on: 128 MB each on RabbitMQ 3.10, 16 MB on 4.x, as many at a time as the prefetch. So
a body above the bound is dropped as it comes off the wire, and a stand-in takes its place: its size
in eight bytes, under a content header whose weight says so. A broker always writes a weight of 0.
"""

import asyncio
import struct

import aio_pika
from aio_pika.abc import TimeoutType
from aiormq.abc import DeliveredMessage
from aiormq.connection import TCPTransportFactory, TLSTransportFactory, TransportFactory
from pamqp.constants import FRAME_BODY, FRAME_END_CHAR, FRAME_HEADER
from pamqp.heartbeat import Heartbeat
from yarl import URL

from service.core.body import MAX_BODY_BYTES
from service.edges.amqp.gathering import GatheringWriter

STANDS_IN = 1
"""The weight of a content header whose body was dropped."""

PIECE_BYTES = 64 * 1024

_HEAD = struct.Struct(">BHI")
_CONTENT = struct.Struct(">HHQ")
_SIZE = struct.Struct(">Q")


class BoundedConnection(aio_pika.Connection):
    """A connection on which no message brings a body above the bound."""

    async def connect(self, timeout: TimeoutType = None) -> None:  # noqa: ASYNC109 - aio-pika's
        """Connect through the bound."""
        # aio-pika hands these on to aiormq, but has no parameter of its own for this one.
        self.kwargs["transport_factory"] = _BoundedTransport()
        try:
            await super().connect(timeout)
        except BaseException:
            # One that is not closed asks for it when it is collected, where no loop may run.
            await self.close()
            raise


def dropped_body_bytes(delivered: DeliveredMessage) -> int | None:
    """How large the body was in whose place a stand-in came; None where it came itself."""
    if delivered.header.weight != STANDS_IN:
        return None
    size: int = _SIZE.unpack(delivered.body)[0]
    return size


class _BoundedTransport(TransportFactory):
    """aiormq's own transports, read through the bound and written once a turn of the loop."""

    async def create(
        self, url: URL, **named: object
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        transport = TLSTransportFactory() if url.scheme == "amqps" else TCPTransportFactory()
        reader, writer = await transport.create(url, **named)
        return BoundedReader(reader), GatheringWriter(writer, reader)


class BoundedReader(asyncio.StreamReader):
    """The frames of `wire`, in which each body above the bound is replaced by its stand-in."""

    def __init__(self, wire: asyncio.StreamReader, most_body_bytes: int = MAX_BODY_BYTES) -> None:
        super().__init__()
        self._wire = wire
        self._most_body_bytes = most_body_bytes
        self._ahead = bytearray()
        self._taken = bytearray()
        # Of the frame that comes: what is passed on, or dropped, of it.
        self._to_pass = 0
        self._to_drop = 0
        self._dropped_bodies: dict[int, int] = {}

    def at_eof(self) -> bool:
        """Whether nothing more can be read."""
        return not self._taken and not self._ahead and self._wire.at_eof()

    async def readexactly(self, n: int) -> bytes:
        """The next `n` bytes; raises IncompleteReadError where the wire ends before."""
        while len(self._taken) < n:
            more = await self._wire.read(PIECE_BYTES)
            if not more:
                raise asyncio.IncompleteReadError(bytes(self._taken), n)
            self._ahead += more
            self._sift()
        read = bytes(self._taken[:n])
        del self._taken[:n]
        return read

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
                # aiormq takes a connection for dead on which no frame comes for 33 s.
                self._taken += Heartbeat.marshal()
            elif (begun := self._begin(at)) is not None:
                size = begun
            else:
                break
            at += size
        del self._ahead[:at]

    def _begin(self, at: int) -> int | None:
        """Begin with the frame at `at`; how much of it is done with, None where more must come."""
        if len(self._ahead) - at < _HEAD.size:
            return None
        kind, channel, length = _HEAD.unpack_from(self._ahead, at)
        if kind == FRAME_BODY and channel in self._dropped_bodies:
            return self._drop(channel, length)
        # Whatever else comes on the channel says that the body is over, or never comes.
        self._dropped_bodies.pop(channel, None)
        size = _HEAD.size + length + len(FRAME_END_CHAR)
        if kind == FRAME_HEADER and length > _CONTENT.size:
            return self._content_header(channel, at, size)
        self._to_pass = size
        return 0

    def _drop(self, channel: int, length: int) -> int:
        self._to_drop = length + len(FRAME_END_CHAR)
        self._dropped_bodies[channel] -= length
        if self._dropped_bodies[channel] <= 0:
            del self._dropped_bodies[channel]
        return _HEAD.size

    def _content_header(self, channel: int, at: int, size: int) -> int | None:
        if len(self._ahead) - at < _HEAD.size + _CONTENT.size:
            return None
        class_id, _, body_bytes = _CONTENT.unpack_from(self._ahead, at + _HEAD.size)
        if body_bytes <= self._most_body_bytes:
            self._to_pass = size
            return 0
        if len(self._ahead) - at < size:
            return None
        self._dropped_bodies[channel] = body_bytes
        head = self._ahead[at : at + _HEAD.size]
        properties = self._ahead[at + _HEAD.size + _CONTENT.size : at + size]
        marked = _CONTENT.pack(class_id, STANDS_IN, _SIZE.size)
        stand_in = _HEAD.pack(FRAME_BODY, channel, _SIZE.size) + _SIZE.pack(body_bytes)
        self._taken += head + marked + properties + stand_in + FRAME_END_CHAR
        return size
