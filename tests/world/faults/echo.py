"""An echo behind a proxy, and a client before it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.world.faults.proxy import Proxy

WAIT_SECONDS = 60.0
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """Sends back what it gets, and remembers it; `ended` once a client's end has come."""

    def __init__(self) -> None:
        self.received = b""
        self.ended = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until its end or its reset."""
        try:
            while data := await reader.read(65_536):
                self.received += data
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            self.ended.set()
            writer.close()


@asynccontextmanager
async def proxied(echo: Echo) -> AsyncIterator[Proxy]:
    """A proxy in front of the echo."""
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    async with server, Proxy("127.0.0.1", server.sockets[0].getsockname()[1]) as proxy:
        yield proxy


@asynccontextmanager
async def connection(proxy: Proxy) -> AsyncIterator[Streams]:
    """A client's connection, dropped after."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def exchange(streams: Streams, data: bytes) -> bytes:
    """What comes back for the bytes, as many as were sent."""
    streams[1].write(data)
    return await asyncio.wait_for(streams[0].readexactly(len(data)), WAIT_SECONDS)
