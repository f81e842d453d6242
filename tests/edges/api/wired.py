"""A connection without a server: its wire is a list."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from service.edges.api.connection import Connection
from service.edges.api.records import Records


class Wire(asyncio.Transport):
    """asyncio's side of a connection: it keeps what is sent, as long as the peer takes none."""

    def __init__(self, end: socket.socket) -> None:
        super().__init__({"socket": end})
        self.sent: list[bytes] = []
        self.closed = False
        self.waiting_bytes = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        self.sent.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        """What a deaf peer has not taken."""
        return self.waiting_bytes

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Do nothing."""

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed

    def abort(self) -> None:
        """Close it."""
        self.closed = True


@contextmanager
def connected(records: Records | None = None) -> Iterator[tuple[Connection, Wire, socket.socket]]:
    """A connection, its wire, and the far end of its socket."""
    near, far = socket.socketpair()
    with near, far:
        connection, wire = Connection(records), Wire(near)
        connection.connection_made(wire)
        yield connection, wire, far
