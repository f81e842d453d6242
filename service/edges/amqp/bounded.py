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
        await super().connect(timeout)


def dropped_body_bytes(delivered: DeliveredMessage) -> int | None:
    """How large the body was in whose place a stand-in came; None where it came itself."""
    if delivered.header.weight != STANDS_IN:
        return None
    size: int = _SIZE.unpack(delivered.body)[0]
    return size


class _BoundedTransport(TransportFactory):
    """aiormq's own transports, read through the bound."""

    async def create(
        self, url: URL, **named: object
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        transport = TLSTransportFactory() if url.scheme == "amqps" else TCPTransportFactory()
        reader, writer = await transport.create(url, **named)
        return BoundedReader(reader), writer


class BoundedReader(asyncio.StreamReader):
    """The frames of `wire`, in which each body above the bound is replaced by its stand-in."""

    def __init__(self, wire: asyncio.StreamReader, most_body_bytes: int = MAX_BODY_BYTES) -> None:
        super().__init__()
        self._wire = wire
        self._most_body_bytes = most_body_bytes
        self._taken = bytearray()
        # Of the frame that is on the wire: what is passed on, or dropped, of it.
        self._to_pass = 0
        self._to_drop = 0
        self._dropped_bodies: dict[int, int] = {}

    def at_eof(self) -> bool:
        """Whether nothing more can be read."""
        return not self._taken and self._wire.at_eof()

    async def readexactly(self, n: int) -> bytes:
        """The next `n` bytes; raises IncompleteReadError where the wire ends before."""
        while len(self._taken) < n:
            self._taken += await self._more()
        read = bytes(self._taken[:n])
        del self._taken[:n]
        return read

    async def _more(self) -> bytes:
        """The next piece: of a frame as it is, or what comes in place of one."""
        if self._to_pass:
            size, self._to_pass = self._to_pass, 0
            return await self._wire.readexactly(size)
        if self._to_drop:
            size = min(self._to_drop, PIECE_BYTES)
            await self._wire.readexactly(size)
            self._to_drop -= size
            # aiormq takes a connection for dead on which no frame comes for 33 s.
            return Heartbeat.marshal()
        head = await self._wire.readexactly(_HEAD.size)
        kind, channel, length = _HEAD.unpack(head)
        if kind == FRAME_BODY and channel in self._dropped_bodies:
            return self._drop(channel, length)
        # Whatever else comes on the channel says that the body is over, or never comes.
        self._dropped_bodies.pop(channel, None)
        if kind == FRAME_HEADER and length > _CONTENT.size:
            return head + await self._content_header(channel, length)
        self._to_pass = length + len(FRAME_END_CHAR)
        return head

    def _drop(self, channel: int, length: int) -> bytes:
        self._to_drop = length + len(FRAME_END_CHAR)
        self._dropped_bodies[channel] -= length
        if self._dropped_bodies[channel] <= 0:
            del self._dropped_bodies[channel]
        return b""

    async def _content_header(self, channel: int, length: int) -> bytes:
        fixed = await self._wire.readexactly(_CONTENT.size)
        class_id, _, body_bytes = _CONTENT.unpack(fixed)
        left = length - _CONTENT.size + len(FRAME_END_CHAR)
        if body_bytes <= self._most_body_bytes:
            self._to_pass = left
            return fixed
        self._dropped_bodies[channel] = body_bytes
        properties = await self._wire.readexactly(left)
        stand_in = _HEAD.pack(FRAME_BODY, channel, _SIZE.size) + _SIZE.pack(body_bytes)
        marked = _CONTENT.pack(class_id, STANDS_IN, _SIZE.size)
        return marked + properties + stand_in + FRAME_END_CHAR
