"""A way to the broker on which bytes are replaced, to see messages that this broker refuses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from yarl import URL


@asynccontextmanager
async def rewriting(url: str, old: bytes, new: bytes) -> AsyncIterator[str]:
    """The URL of the same broker by a way on which it says `new` where it said `old`.

    Both have one length, and each occurrence comes in one piece.
    """
    target = URL(url)
    assert len(old) == len(new)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(target.host, target.port)
        ways = [
            asyncio.create_task(_carry(reader, there_writer, b"", b"")),
            asyncio.create_task(_carry(there_reader, writer, old, new)),
        ]
        await asyncio.wait(ways)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield str(target.with_port(server.sockets[0].getsockname()[1]))
    finally:
        server.close()


async def _carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, old: bytes, new: bytes
) -> None:
    while data := await reader.read(65536):
        writer.write(data.replace(old, new) if old else data)
    writer.close()
