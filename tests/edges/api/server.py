"""A server made of raw streams: each test says what it does with every connection."""

import asyncio
import os
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

BOUND_SECONDS = 10.0
"""How long a test waits for what must happen at once."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came: the head up to and with the empty line, and the body."""

    head: bytes
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """The headers, names in lower case."""
        lines = self.head.decode().split("\r\n")[1:-2]
        return {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}


class Peer:
    """One connection, from the server's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self.requests: list[Request] = []
        self._ended = asyncio.Event()

    async def head(self) -> bytes:
        """The head of the next request."""
        return await self._reader.readuntil(b"\r\n\r\n")

    async def request(self) -> Request:
        """The next whole request."""
        head = await self.head()
        length = int(Request(head, b"").headers.get("content-length", "0"))
        request = Request(head, await self._reader.readexactly(length))
        self.requests.append(request)
        return request

    async def send(self, *parts: bytes) -> None:
        """Send each part as a write of its own."""
        for part in parts:
            self.writer.write(part)
        await self.writer.drain()

    def send_under_tls(self, garbage: bytes) -> None:
        """Send bytes that are no TLS record on a TLS connection."""
        descriptor = os.dup(self.writer.get_extra_info("socket").fileno())
        with socket.socket(fileno=descriptor) as under_tls:
            under_tls.send(garbage)

    async def ended(self) -> None:
        """Wait until the behaviour is over; most of them end only when the client hangs up."""
        await asyncio.wait_for(self._ended.wait(), BOUND_SECONDS)

    def end(self) -> None:
        """Close without a word; to be called when the behaviour is over."""
        self.writer.transport.abort()
        self._ended.set()

    async def hung_up(self, within_seconds: float = BOUND_SECONDS) -> bool:
        """Whether the client closes the connection so soon; only the behaviour may ask."""
        try:
            async with asyncio.timeout(within_seconds):
                while await self._reader.read(65536):
                    pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


Behaviour = Callable[[Peer], Awaitable[None]]


class Server:
    """A server on a free port of loopback; every connection is given to the behaviour."""

    def __init__(self, behaviour: Behaviour, scheme: str) -> None:
        self._behaviour = behaviour
        self._scheme = scheme
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self.port = 0
        self.peers: list[Peer] = []

    async def start(self, tls: ssl.SSLContext | None) -> None:
        """Listen."""
        self._listener = await asyncio.start_server(self.accept, "127.0.0.1", 0, ssl=tls)
        self.port = self._listener.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Take no more connections."""
        if self._listener is not None:
            self._listener.close()

    @property
    def url(self) -> str:
        """Where the order API is."""
        return f"{self._scheme}://127.0.0.1:{self.port}/api/v2"

    @property
    def requests(self) -> list[Request]:
        """Every request of every connection."""
        return [request for peer in self.peers for request in peer.requests]

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin with a connection."""
        peer = Peer(reader, writer)
        self.peers.append(peer)
        task = asyncio.create_task(self._serve(peer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, peer: Peer) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await self._behaviour(peer)
        finally:
            peer.end()

    async def stop(self) -> None:
        """End every connection."""
        self.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        defects = [result for result in results if isinstance(result, Exception)]
        assert not defects
        if self._listener is not None:
            await self._listener.wait_closed()


@asynccontextmanager
async def serving(behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """A server that runs for the length of the block."""
    server = Server(behaviour, "https" if tls else "http")
    await server.start(tls)
    try:
        yield server
    finally:
        await server.stop()


def answer(body: bytes, status: str = "200 OK", headers: Iterable[bytes] = ()) -> bytes:
    """An answer with a right Content-Length."""
    lines = [b"HTTP/1.1 " + status.encode(), b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*lines, b"", body])


def always(*parts: bytes) -> Behaviour:
    """Answer every request with the same bytes."""

    async def behave(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.send(*parts)

    return behave


def once(*parts: bytes) -> Behaviour:
    """Answer one request with these bytes, then close."""

    async def behave(peer: Peer) -> None:
        await peer.request()
        await peer.send(*parts)
        peer.writer.close()
        await peer.hung_up()

    return behave


def first(*parts: bytes) -> Behaviour:
    """Answer the first order of every connection with these bytes, and later ones rightly."""

    async def behave(peer: Peer) -> None:
        await peer.request()
        await peer.send(*parts)
        while True:
            await peer.request()
            await peer.send(answer(b'{"order": "ord_1"}'))

    return behave
