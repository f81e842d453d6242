"""Connections that send no request while unexpected bytes wait on them.

Bytes that come behind an answer would be read as the answer to the next order on that connection.
`surplus` finds those that are there when the answer ends, this module those that come later.
"""

import array
import fcntl
import ssl
import termios
from collections.abc import Iterable

import httpcore2
import httpx2
from httpcore2 import SOCKET_OPTION


class SpokeFirstError(httpcore2.ReadError):
    """The server answered before it was asked."""


NOTHING_SENT = (httpcore2.ConnectionNotAvailable, SpokeFirstError)
"""What a watched connection raises instead of sending the first byte of a request."""


class WatchedTransport(httpx2.AsyncHTTPTransport):
    """httpx2's own transport, over a pool of watched connections."""

    def __init__(self, trust: ssl.SSLContext, limits: httpx2.Limits) -> None:
        super().__init__(verify=trust, trust_env=False, limits=limits)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=trust,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_WatchedBackend(),
        )


class _WatchedBackend(httpcore2.AnyIOBackend):
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's own
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        plain = await super().connect_tcp(host, port, timeout, local_address, socket_options)
        return WatchedStream(plain)


class WatchedStream(httpcore2.AsyncNetworkStream):
    """A connection that checks for unexpected bytes before every request.

    If there are some, a used connection raises ConnectionNotAvailable, and the pool takes another.
    A new one raises SpokeFirstError: the next one would be the same.
    """

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream
        self._used = False
        self._asking = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore2's own
        """The next bytes."""
        self._asking = False
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore2's own
        """Send the bytes, unless they begin a request and unexpected bytes wait."""
        if not self._asking:
            self._look()
        self._used = self._asking = True
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close it."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's own
    ) -> httpcore2.AsyncNetworkStream:
        """The same connection under TLS."""
        secured = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return WatchedStream(secured)

    def get_extra_info(self, info: str) -> object:
        """What the stream below says; `is_readable` also counts what is already in memory."""
        if info == "is_readable":
            return self._stream.get_extra_info(info) or _in_memory(self._stream)
        return self._stream.get_extra_info(info)

    def _look(self) -> None:
        if self._used:
            if self.get_extra_info("is_readable"):
                raise httpcore2.ConnectionNotAvailable
        elif _spoke_first(self._stream):
            raise SpokeFirstError(SpokeFirstError.__doc__)


def _in_memory(stream: httpcore2.AsyncNetworkStream) -> bool:
    """Whether anyio has read more from the socket than was asked for (65,536 bytes at once)."""
    node: object = getattr(stream, "_stream", None)
    node = getattr(node, "transport_stream", node)
    try:
        waiting: Iterable[bytes] = getattr(node, "_protocol").read_queue  # noqa: B009
    except AttributeError:
        # The internals of anyio changed: without this check, no connection is used twice.
        return True
    return any(waiting)


def _spoke_first(stream: httpcore2.AsyncNetworkStream) -> bool:
    if stream.get_extra_info("ssl_object") is not None:
        # What waits under a new TLS connection are session tickets.
        return False
    waiting = array.array("i", [0])
    # The count, because the end of the stream is readable too, but is no answer.
    fcntl.ioctl(stream.get_extra_info("socket").fileno(), termios.FIONREAD, waiting)
    return waiting[0] > 0
