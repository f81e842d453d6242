"""The broker's own time: a reader that counts deliveries on a socket and does nothing else."""

import socket
import struct
import time
from urllib.parse import unquote, urlsplit

from service.edges.amqp.whole_queue import A_CHANNEL

_HEAD = struct.Struct(">BHI")
_METHOD = struct.Struct(">I")
_START_OK, _TUNE_OK, _OPEN = 0x000A000B, 0x000A001F, 0x000A0028
_CHANNEL_OPEN, _QOS, _CONSUME, _DELIVER = 0x0014000A, 0x003C000A, 0x003C0014, 0x003C003C
_WAIT_SECONDS = 120.0
_READ_BYTES = 1024 * 1024


def floor_seconds(url: str, queue: str, count: int) -> float:
    """How long it takes to be sent so many, on channels as the look has them; all go back."""
    parts = urlsplit(url)
    began = time.monotonic()
    with socket.create_connection((str(parts.hostname), parts.port or 5672), _WAIT_SECONDS) as wire:
        reader = _Reader(wire)
        wire.sendall(b"AMQP\x00\x00\x09\x01")
        login = f"\0{unquote(parts.username or '')}\0{unquote(parts.password or '')}".encode()
        told = _METHOD.pack(0) + _short(b"PLAIN") + _METHOD.pack(len(login)) + login
        reader.ask(0, _START_OK, told + _short(b"en_US"))
        (_, tune) = reader.frame(), reader.frame()
        reader.ask(0, _TUNE_OK, tune[4:10] + b"\0\0")
        reader.ask(0, _OPEN, _short(unquote(parts.path[1:]).encode()) + b"\0\0")
        seen = channels = 0
        while seen < count:
            # As the look: the next channel has its part before all of this one's has come.
            if channels * A_CHANNEL < count and seen >= (channels - 1) * A_CHANNEL:
                channels += 1
                _consume(reader, channels, queue)
            seen += reader.frame().startswith(_METHOD.pack(_DELIVER))
    return time.monotonic() - began


def _consume(reader: "_Reader", channel: int, queue: str) -> None:
    reader.ask(channel, _CHANNEL_OPEN, b"\0")
    reader.ask(channel, _QOS, struct.pack(">IHB", 0, A_CHANNEL, 0))
    named = b"\0\0" + _short(queue.encode()) + _short(b"floor")
    reader.ask(channel, _CONSUME, named + b"\0" + _METHOD.pack(0))


def _short(text: bytes) -> bytes:
    return bytes([len(text)]) + text


class _Reader:
    """Frames of a socket, one after the other."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self._ahead = b""
        self._at = 0

    def ask(self, channel: int, method: int, arguments: bytes) -> None:
        """Send a method; what it is answered comes among the frames."""
        size = _METHOD.size + len(arguments)
        self._wire.sendall(
            _HEAD.pack(1, channel, size) + _METHOD.pack(method) + arguments + b"\xce"
        )

    def frame(self) -> bytes:
        """The next one's payload."""
        while True:
            if len(self._ahead) - self._at >= _HEAD.size:
                _, _, size = _HEAD.unpack_from(self._ahead, self._at)
                end = self._at + _HEAD.size + size
                if len(self._ahead) > end:
                    payload = self._ahead[self._at + _HEAD.size : end]
                    self._at = end + 1
                    return payload
            came = self._wire.recv(_READ_BYTES)
            if not came:
                raise ConnectionError("the broker closed the connection")
            self._ahead, self._at = self._ahead[self._at :] + came, 0
