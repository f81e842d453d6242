"""Reading a request's head within a bound in time and in size, however its bytes come."""

import http.client
import io
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


MOST_HEAD_BYTES = 16 * 1024
"""http.server itself would take a hundred lines of 64 KB each, from every connection at once."""


class DeadlineReader(io.RawIOBase):
    """The bytes that arrive at `connection` within `seconds` from now; TimeoutError after that.

    A socket's own time-out restarts with every byte: one byte a second would keep it open for ever.
    After MOST_HEAD_BYTES it raises HTTPException, which http.server answers with 431.
    """

    def __init__(
        self,
        connection: socket.socket,
        seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._connection = connection
        self._monotonic = monotonic
        self._deadline = monotonic() + seconds
        self._left_bytes = MOST_HEAD_BYTES

    def readable(self) -> bool:
        """True; a buffered reader needs it."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """How many bytes were put into `buffer`; 0 at the end."""
        left = self._deadline - self._monotonic()
        if left <= 0:
            raise TimeoutError("the request did not arrive in time")
        if not self._left_bytes:
            raise http.client.HTTPException(f"the head has more than {MOST_HEAD_BYTES} bytes")
        self._connection.settimeout(left)
        count = self._connection.recv_into(buffer, min(len(memoryview(buffer)), self._left_bytes))
        self._left_bytes -= count
        return count
