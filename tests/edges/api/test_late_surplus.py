"""Bytes that come behind an answer, too late to be seen with it, or where nobody looks."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import httpcore2
import httpx2
import pytest

from service.core.outcome import Answered, Lost, NotSent
from service.edges.api.attempt import Phase
from service.edges.api.failures import failure
from service.edges.api.watched import SpokeFirstError, WatchedStream
from tests.edges.api.clients import ANSWER, FORM, against
from tests.edges.api.server import Peer, answer, first
from tests.edges.api.tls import Authority
from tests.world.load.waiting import until

FOREIGN = answer(b'{"order": "ord_of_another"}')
READ_AT_ONCE_BYTES = 64 * 1024


def filling(size_bytes: int) -> bytes:
    """An answer that has just this size, head included."""
    body = ANSWER.ljust(size_bytes)
    surplus = len(answer(body)) - size_bytes
    return answer(body[:-surplus])


def arrived(peer: Peer) -> Callable[[], Awaitable[bool]]:
    """Whether the kernel has taken all that the peer wrote."""

    async def holds() -> bool:
        return peer.writer.transport.get_write_buffer_size() == 0

    return holds


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_late_answer_is_not_the_next_orders(authority: Authority, scheme: str) -> None:
    """Bytes that reach an idle connection end it; the next order goes out on another."""
    idle, late = asyncio.Event(), asyncio.Event()

    async def behave(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer(ANSWER))
        await idle.wait()
        await peer.send(FOREIGN)
        await until(arrived(peer), "the surplus is with the kernel")
        late.set()
        while True:
            await peer.request()
            await peer.send(answer(ANSWER))

    tls = authority.server() if scheme == "https" else None
    async with against(behave, tls, authority=authority) as (server, api):
        assert await api.submit(FORM) == Answered(200, ANSWER)
        idle.set()
        await asyncio.wait_for(late.wait(), 60)
        assert await api.submit(FORM) == Answered(200, ANSWER)
        assert [len(peer.requests) for peer in server.peers] == [1, 1]


async def test_where_the_pool_looked_too_early_another_connection_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing of the order is sent on the one with surplus, also where no other can be had."""
    monkeypatch.setattr(httpcore2.AsyncHTTP11Connection, "has_expired", lambda _: False)
    idle, late = asyncio.Event(), asyncio.Event()

    async def behave(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer(ANSWER))
        await idle.wait()
        idle.clear()
        await peer.send(FOREIGN)
        await until(arrived(peer), "the surplus is with the kernel")
        late.set()
        await peer.hung_up()

    async with against(behave) as (server, api):
        for _ in range(2):
            assert await api.submit(FORM) == Answered(200, ANSWER)
            late.clear()
            idle.set()
            await asyncio.wait_for(late.wait(), 60)
        assert [len(peer.requests) for peer in server.peers] == [1, 1]
        server.close()
        assert await api.submit(FORM) == NotSent("connection refused")


async def test_surplus_that_was_read_and_not_passed_on_is_seen_too() -> None:
    """An answer that just fills a read, and another in the same segment: it waits in our memory."""
    both = filling(READ_AT_ONCE_BYTES) + FOREIGN
    async with against(first(both)) as (server, api):
        for _ in range(2):
            result = await api.submit(FORM)
            assert isinstance(result, Answered)
            assert result.body.rstrip() == ANSWER
        assert [len(peer.requests) for peer in server.peers] == [1, 1]


async def test_an_answer_with_both_a_length_and_chunks_counts_for_nothing() -> None:
    """Read by its length it says another thing than read by its chunks."""
    chunked = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked += b"%x\r\n%b\r\n0\r\n\r\n" % (len(ANSWER), ANSWER)

    async def behave(peer: Peer) -> None:
        await peer.request()
        await peer.send(chunked)
        await peer.hung_up()

    async with against(behave) as (_, api):
        assert await api.submit(FORM) == Lost("answer with both a length and chunks")


async def test_an_answer_before_any_question_is_no_answer() -> None:
    """A server that speaks first cannot mean this order, which is certainly not sent."""

    async def behave(peer: Peer) -> None:
        await peer.send(FOREIGN)
        await peer.hung_up()

    async with against(behave) as (_, api):
        result = await api.submit(FORM)
        # The bytes may also come behind the question, and then nobody can tell.
        assert result in (
            NotSent("the server answered before it was asked"),
            Answered(200, b'{"order": "ord_of_another"}'),
        )


def test_what_a_server_said_unasked_is_named() -> None:
    """In words for people, as certainly not sent."""
    error = httpx2.ReadError("")
    error.__cause__ = SpokeFirstError()
    assert failure(error, Phase.WAITING) == NotSent("the server answered before it was asked")


class Pair:
    """A watched connection and the socket at its other end."""

    def __init__(self, stream: WatchedStream, far: socket.socket) -> None:
        self.stream = stream
        self.far = far


async def pair() -> Pair:
    """Two ends of one connection on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        connecting = asyncio.create_task(
            httpcore2.AnyIOBackend().connect_tcp("127.0.0.1", listener.getsockname()[1])
        )
        far, _ = await asyncio.get_running_loop().sock_accept(listener)
        return Pair(WatchedStream(await connecting), far)


async def test_a_used_connection_with_bytes_on_it_takes_no_request() -> None:
    """Just before the first byte is sent: the pool's own look is a step earlier."""
    ends = await pair()
    with ends.far:
        await ends.stream.write(b"question")
        ends.far.send(b"answer")
        assert await ends.stream.read(100) == b"answer"
        ends.far.send(b"another")
        with pytest.raises(httpcore2.ConnectionNotAvailable):
            await ends.stream.write(b"question")
        await ends.stream.aclose()


async def test_a_new_connection_with_bytes_on_it_takes_no_request() -> None:
    """It is an error, and no reason to try the next connection at once."""
    ends = await pair()
    with ends.far:
        ends.far.send(b"answer")
        with pytest.raises(SpokeFirstError, match="before it was asked"):
            await ends.stream.write(b"question")
        await ends.stream.aclose()


async def test_the_parts_of_one_request_may_cross_an_early_answer() -> None:
    """A server may refuse a request by its head; the rest is sent all the same."""
    ends = await pair()
    with ends.far:
        await ends.stream.write(b"head")
        ends.far.send(b"no")
        await ends.stream.write(b"body")
        assert await ends.stream.read(100) == b"no"
        await ends.stream.aclose()


async def test_a_stream_that_cannot_be_looked_into_is_not_used_again() -> None:
    """If anyio is rebuilt inside, connections are thrown away rather than trusted."""
    assert WatchedStream(httpcore2.AsyncMockStream([])).get_extra_info("is_readable")
