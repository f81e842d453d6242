"""A producer that sends any bytes at all, and a reader that gets them back undecoded."""

import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Self
from urllib.parse import unquote, urlsplit

from tests.world.broker import wire
from tests.world.broker.errors import BrokerError
from tests.world.broker.wire import Raw

TIMEOUT_SECONDS = 15.0
FRAME_MAX = 131_072
FRAME_OVERHEAD = 8
CHANNEL = 1

START, TUNE, OPEN_OK, CLOSE = (10, 10), (10, 30), (10, 41), (10, 50)
CHANNEL_OPEN_OK, CHANNEL_CLOSE, SELECT_OK = (20, 11), (20, 40), (85, 11)
RETURN, GET_OK, GET_EMPTY, ACK, NACK = (60, 50), (60, 71), (60, 72), (60, 80), (60, 120)


class Confirm(Enum):
    """What the broker did with a publish."""

    ACK = "ack"
    NACK = "nack"
    RETURNED = "returned"


@dataclass(frozen=True)
class RawMessage:
    """A message as it is in the queue; `header` is the flags and values of its properties."""

    exchange: bytes
    routing_key: bytes
    redelivered: bool
    header: bytes
    body: bytes

    @property
    def properties(self) -> dict[str, Raw]:
        """The properties by name, strings as bytes and the headers as an encoded table."""
        return wire.decode_properties(self.header)


class RawPublisher:
    """One connection with one channel in confirm mode; every wait is bounded."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._socket = socket.create_connection(
            (self._url.hostname or "127.0.0.1", self._url.port or 5672), timeout=TIMEOUT_SECONDS
        )
        self._stream = self._socket.makefile("rb")
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def publish(
        self,
        exchange: bytes,
        routing_key: bytes,
        properties: Mapping[str, Raw] | None = None,
        headers: bytes | None = None,
        body: bytes = b"",
        *,
        header: bytes | None = None,
        mandatory: bool = True,
    ) -> Confirm:
        """What the broker confirmed; BrokerError with its words where it closed instead.

        `headers` is a table as `wire.table` makes it; `header` replaces all the properties, flags
        included.
        """
        values = dict(properties or {})
        if headers is not None:
            values["headers"] = headers
        encoded = wire.encode_properties(values) if header is None else header
        arguments = struct.pack(">H", 0) + wire.shortstr(exchange) + wire.shortstr(routing_key)
        size = FRAME_MAX - FRAME_OVERHEAD
        parts = [body[start : start + size] for start in range(0, len(body), size)]
        self.send(
            _method(60, 40, arguments + bytes([mandatory])),
            wire.frame(wire.FRAME_HEADER, CHANNEL, wire.content_header(len(body), encoded)),
            *(wire.frame(wire.FRAME_BODY, CHANNEL, part) for part in parts),
        )
        found, _ = self._expect(ACK, NACK, RETURN)
        if found == RETURN:
            self._content()
            self._expect(ACK, NACK)
        return {ACK: Confirm.ACK, NACK: Confirm.NACK, RETURN: Confirm.RETURNED}[found]

    def get(self, queue: bytes) -> RawMessage | None:
        """The first message of a queue, taken out of it; None when it is empty."""
        self.send(_method(60, 70, struct.pack(">H", 0) + wire.shortstr(queue) + b"\x01"))
        found, arguments = self._expect(GET_OK, GET_EMPTY)
        if found == GET_EMPTY:
            return None
        exchange_end = 10 + arguments[9]
        key_end = exchange_end + 1 + arguments[exchange_end]
        header, body = self._content()
        return RawMessage(
            exchange=arguments[10:exchange_end],
            routing_key=arguments[exchange_end + 1 : key_end],
            redelivered=bool(arguments[8]),
            header=header,
            body=body,
        )

    def send(self, *frames: bytes) -> None:
        """Sends bytes as they are."""
        self._socket.sendall(b"".join(frames))

    def close(self) -> None:
        """Drops the connection without a word."""
        self._stream.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> None:
        self.send(b"AMQP\x00\x00\x09\x01")
        self._expect(START)
        user, password = unquote(self._url.username or ""), unquote(self._url.password or "")
        capabilities = wire.table([(b"publisher_confirms", b"t\x01"), (b"basic.nack", b"t\x01")])
        self.send(
            _method(
                10,
                11,
                wire.table([(b"capabilities", wire.table_field(capabilities))])
                + wire.shortstr(b"PLAIN")
                + wire.longstr(f"\0{user}\0{password}".encode())
                + wire.shortstr(b"en_US"),
                channel=0,
            )
        )
        self._expect(TUNE)
        vhost = unquote(self._url.path[1:]).encode() or b"/"
        self.send(
            _method(10, 31, struct.pack(">HIH", 16, FRAME_MAX, 0), channel=0),
            _method(10, 40, wire.shortstr(vhost) + b"\x00\x00", channel=0),
        )
        self._expect(OPEN_OK)
        self.send(_method(20, 10, b"\x00"))
        self._expect(CHANNEL_OPEN_OK)
        self.send(_method(85, 10, b"\x00"))
        self._expect(SELECT_OK)

    def _expect(self, *wanted: tuple[int, int]) -> tuple[tuple[int, int], bytes]:
        while True:
            kind, payload = self._frame()
            if kind != wire.FRAME_METHOD:
                continue
            found = struct.unpack_from(">HH", payload)
            if found in wanted:
                return (found[0], found[1]), payload[4:]
            if found in {CLOSE, CHANNEL_CLOSE}:
                (code,) = struct.unpack_from(">H", payload, 4)
                text = payload[7 : 7 + payload[6]].decode(errors="replace")
                message = f"the broker closed: {code} {text}"
                raise BrokerError(message)

    def _content(self) -> tuple[bytes, bytes]:
        _, header = self._frame()
        (size,) = struct.unpack_from(">Q", header, 4)
        body = b""
        while len(body) < size:
            body += self._frame()[1]
        return header[12:], body

    def _frame(self) -> tuple[int, bytes]:
        kind, _channel, size = struct.unpack(">BHI", self._read(7))
        return kind, self._read(size + 1)[:-1]

    def _read(self, size: int) -> bytes:
        read = self._stream.read(size)
        if len(read) < size:
            raise BrokerError("the broker dropped the connection")
        return read


def _method(class_id: int, method_id: int, arguments: bytes, channel: int = CHANNEL) -> bytes:
    payload = wire.method(class_id, method_id, arguments)
    return wire.frame(wire.FRAME_METHOD, channel, payload)
