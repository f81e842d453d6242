"""Reading a request within a time limit, however slowly its bytes come."""

import io
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class DeadlineReader(io.RawIOBase):
    """The bytes that arrive at `connection` within `seconds` from now; TimeoutError after that.

    A socket's own time-out restarts with every byte: one byte a second would keep it open for ever.
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

    def readable(self) -> bool:
        """True; a buffered reader needs it."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """How many bytes were put into `buffer`; 0 at the end."""
        left = self._deadline - self._monotonic()
        if left <= 0:
            raise TimeoutError("the request did not arrive in time")
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)
