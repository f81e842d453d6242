"""Deliveries that are taken off the wire before aiormq sees them, for who looks at many at once.

aiormq hands each frame through two queues, and begins a task for each delivery: with ten thousand
that is more than half of the time. All else on the connection is aiormq's.
"""

import asyncio
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import aio_pika
import pamqp.frame
from aio_pika.abc import AbstractConnection, TimeoutType
from aiormq import spec
from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.connection import TCPTransportFactory, TLSTransportFactory, TransportFactory
from aiormq.exceptions import InvalidFrameError
from pamqp.constants import FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_METHOD
from pamqp.exceptions import PAMQPException
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat
from yarl import URL

from service.edges.amqp.tolerant import MOST_FRAME_BYTES

PIECE_BYTES = 256 * 1024

_HEAD = struct.Struct(">BHI")
_END_BYTES = 1
_DELIVER = struct.pack(">HH", 60, 60)

Take = Callable[[DeliveredMessage], None]


@dataclass(slots=True)
class _Coming:
    """A delivery of which not all has come."""

    deliver: spec.Basic.Deliver
    header: ContentHeader | None = None
    body: bytearray = field(default_factory=bytearray)


class StraightConnection(aio_pika.Connection):
    """A connection whose deliveries can be taken straight off the wire, channel by channel."""

    async def connect(self, timeout: TimeoutType = None) -> None:  # noqa: ASYNC109 - aio-pika's
        """Connect through a reader of ours."""
        self.kwargs["transport_factory"] = transport = _StraightTransport()
        self.takes = transport.takes
        await super().connect(timeout)


def take(connection: AbstractConnection, channel: AbstractChannel, each: Take) -> None:
    """Have `each` called with what comes on `channel`; its consumer's own callback is not."""
    if not isinstance(connection, StraightConnection):
        raise TypeError("it has no reader of ours")
    connection.takes[channel.number] = channel, each


class _StraightTransport(TransportFactory):
    """aiormq's own transports, read by a reader of ours."""

    def __init__(self) -> None:
        self.takes: dict[int, tuple[AbstractChannel, Take]] = {}

    async def create(
        self, url: URL, **named: object
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        transport = TLSTransportFactory() if url.scheme == "amqps" else TCPTransportFactory()
        reader, writer = await transport.create(url, **named)
        return StraightReader(reader, self.takes), writer


class StraightReader(asyncio.StreamReader):
    """The frames of `wire` without the deliveries of the channels in `takes`."""

    def __init__(
        self, wire: asyncio.StreamReader, takes: dict[int, tuple[AbstractChannel, Take]]
    ) -> None:
        super().__init__()
        self._wire = wire
        self._takes = takes
        self._ahead = bytearray()
        self._passed = bytearray()
        self._coming: dict[int, _Coming] = {}

    def at_eof(self) -> bool:
        """Whether nothing more can be read."""
        return not self._passed and not self._ahead and self._wire.at_eof()

    async def readexactly(self, n: int) -> bytes:
        """The next `n` bytes of what is aiormq's; IncompleteReadError where the wire ends before.

        Raises InvalidFrameError for what is no frame.
        """
        while len(self._passed) < n:
            more = await self._wire.read(PIECE_BYTES)
            if not more:
                raise asyncio.IncompleteReadError(bytes(self._passed), n)
            self._ahead += more
            try:
                self._sift()
            except (PAMQPException, struct.error, ValueError, IndexError) as error:
                raise InvalidFrameError(str(error)) from error
        read = bytes(self._passed[:n])
        del self._passed[:n]
        return read

    def _sift(self) -> None:
        """Take or pass on each frame that is whole."""
        at, ahead, taken = 0, bytes(self._ahead), False
        while len(ahead) - at >= _HEAD.size:
            kind, channel, length = _HEAD.unpack_from(ahead, at)
            begin, end = at + _HEAD.size, at + _HEAD.size + length + _END_BYTES
            if length > MOST_FRAME_BYTES:
                # Kept until all of it has come it would fill the memory: aiormq refuses its head.
                end = len(ahead)
            elif end > len(ahead):
                break
            if channel in self._takes and self._take(kind, channel, ahead[at:end], begin - at):
                taken = True
            else:
                self._passed += ahead[at:end]
            at = end
        del self._ahead[:at]
        if taken and not self._passed:
            # aiormq takes a connection for dead on which no frame comes for 33 s.
            self._passed += Heartbeat.marshal()

    def _take(self, kind: int, number: int, frame: bytes, begin: int) -> bool:
        """Whether the frame is a part of a delivery; what is whole is handed on."""
        coming = self._coming.get(number)
        if kind == FRAME_METHOD and frame.startswith(_DELIVER, begin):
            deliver = pamqp.frame.unmarshal(frame)[2]
            self._coming[number] = _Coming(cast("spec.Basic.Deliver", deliver))
            return True
        if coming is None:
            return False
        if kind == FRAME_HEADER:
            coming.header = cast("ContentHeader", pamqp.frame.unmarshal(frame)[2])
        elif kind == FRAME_BODY:
            if frame[-_END_BYTES] != FRAME_END:
                raise ValueError("a frame does not end where it should")
            coming.body += frame[begin:-_END_BYTES]
        else:
            # Whatever else comes on the channel says that the delivery never will.
            del self._coming[number]
            return False
        if coming.header is not None and len(coming.body) >= coming.header.body_size:
            del self._coming[number]
            channel, each = self._takes[number]
            each(DeliveredMessage(coming.deliver, coming.header, bytes(coming.body), channel))
        return True
