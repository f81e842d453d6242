"""Bytes that come behind an answer, too late to be seen with it, or where nobody looks."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from service.core.outcome import Answered, Lost, NotSent
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
            NotSent("the server spoke before it was asked, or hung up"),
            Answered(200, b'{"order": "ord_of_another"}'),
        )


async def test_an_order_right_behind_an_answer_lets_the_loop_look_once_more() -> None:
    """Surplus that comes a moment after its answer is seen before the next order is sent."""

    async def behave(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer(ANSWER))
        # Both ends are in one loop: the client has its answer by now, and not what follows.
        for _ in range(3):
            await asyncio.sleep(0)
        await peer.send(FOREIGN)
        await peer.hung_up()

    async with against(behave) as (server, api):
        for _ in range(2):
            assert await api.submit(FORM) == Answered(200, ANSWER)
        assert [len(peer.requests) for peer in server.peers] == [1, 1]
