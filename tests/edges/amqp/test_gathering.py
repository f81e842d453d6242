"""The writes of one turn of the loop, gathered into one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from service.edges.amqp.gathering import GatheringWriter

After = Callable[["CountingWriter"], Awaitable[object]]


class Peer(asyncio.Protocol):
    """Keeps what reaches the other side of a connection."""

    def __init__(self) -> None:
        self.came = b""
        self.ended = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        """Keep it."""
        self.came += data

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note."""
        self.ended.set()


class CountingWriter(GatheringWriter):
    """Counts the calls of the transport."""

    calls = 0

    def _flush(self) -> None:
        self.calls += bool(self._gathered)
        super()._flush()


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[CountingWriter, Peer]]:
    """A writer to a peer on loopback."""
    peer = Peer()
    server = await asyncio.get_running_loop().create_server(lambda: peer, "127.0.0.1", 0)
    async with server, asyncio.timeout(30):
        host, port = server.sockets[0].getsockname()
        loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.create_connection(lambda: protocol, host, port)
        gathering = CountingWriter(transport, protocol, reader, loop)
        try:
            yield gathering, peer
        finally:
            gathering.transport.abort()


async def _close(writer: CountingWriter) -> None:
    writer.close()


async def _end(writer: CountingWriter) -> None:
    writer.write_eof()


async def _drain_and_end(writer: CountingWriter) -> None:
    await writer.drain()
    writer.write_eof()


async def _next_turn(writer: CountingWriter) -> None:
    await asyncio.sleep(0)
    assert writer.calls == 1
    writer.write_eof()


@pytest.mark.parametrize("after", [_close, _end, _drain_and_end, _next_turn])
async def test_what_is_written_in_a_turn_leaves_at_once_and_in_order(after: After) -> None:
    """Behind it the end: a Close must not overtake the acks before it."""
    async with connected() as (writer, peer):
        for each in (b"ack", b"nack", b"close"):
            writer.write(each)
        await after(writer)
        await peer.ended.wait()
        assert (peer.came, writer.calls) == (b"acknackclose", 1)


async def test_each_turn_writes_for_itself() -> None:
    """Nothing waits for what the next turn brings."""
    async with connected() as (writer, peer):
        for each in (b"one", b"two"):
            writer.write(each)
            await asyncio.sleep(0)
        writer.close()
        await peer.ended.wait()
        assert (peer.came, writer.calls) == (b"onetwo", 2)
