"""Every way in which an answer gets lost: an order may exist, and the connection is thrown away."""

import asyncio
import itertools

import pytest

from service.core.outcome import Answered, Lost
from tests.edges.api.clients import ANSWER, FORM, SHORT_SECONDS, against
from tests.edges.api.server import (
    BOUND_SECONDS,
    Behaviour,
    Peer,
    always,
    answer,
    once,
)

TOO_LARGE = Lost("answer larger than 65536 bytes")
NO_ANSWER = Lost("connection closed before an answer")
NOT_HTTP = Lost("the answer is not valid HTTP")
CUT_OFF = Lost("connection closed in the middle of the answer")
ENCODED = Lost("answer in a content encoding that was not asked for")

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def endless(head: bytes, more: bytes) -> Behaviour:
    """Answer with a body that never ends."""

    async def behave(peer: Peer) -> None:
        await peer.request()
        await peer.send(head)
        while True:
            await peer.send(more)
            await asyncio.sleep(0)

    return behave


async def reset(peer: Peer) -> None:
    """Take the request and reset the connection."""
    await peer.request()
    peer.reset()


@pytest.mark.parametrize(
    ("behaviour", "lost"),
    [
        pytest.param(once(), NO_ANSWER, id="no answer"),
        pytest.param(reset, Lost("connection reset"), id="reset"),
        pytest.param(once(OK), NO_ANSWER, id="closed in the headers"),
        pytest.param(once(OK + b"Content-Length: 99\r\n\r\n{"), CUT_OFF, id="short body"),
        pytest.param(once(CHUNKED + b"5\r\n{"), CUT_OFF, id="short chunk"),
        pytest.param(once(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), NOT_HTTP, id="garbage"),
        pytest.param(once(OK + b"no colon\r\n\r\n"), NOT_HTTP, id="garbage header"),
        pytest.param(once(OK + b"Content-Length: -1\r\n\r\n"), NOT_HTTP, id="garbage length"),
        pytest.param(once(CHUNKED + b"zz\r\n"), NOT_HTTP, id="garbage chunk"),
        pytest.param(
            once(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}"),
            NOT_HTTP,
            id="two lengths",
        ),
        pytest.param(
            once(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), NOT_HTTP, id="upgrade"
        ),
        pytest.param(
            endless(OK, b"X-Filler: " + b"x" * 8192 + b"\r\n"), NOT_HTTP, id="huge headers"
        ),
        pytest.param(
            endless(OK + b"Content-Length: 65537\r\n\r\n", b"x" * 4096),
            TOO_LARGE,
            id="oversized, said so",
        ),
        pytest.param(
            always(OK + b"Content-Length: %d\r\n\r\n{" % 10**19), TOO_LARGE, id="huge length"
        ),
        pytest.param(endless(OK + b"\r\n", b"x" * 4096), TOO_LARGE, id="endless"),
        pytest.param(endless(CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n"), TOO_LARGE, id="chunks"),
        pytest.param(always(answer(b"?", headers=[b"Content-Encoding: br"])), ENCODED, id="brotli"),
    ],
)
async def test_a_broken_answer_is_lost(behaviour: Behaviour, lost: Lost) -> None:
    """The reason is in plain words, without a word of the peer's, and the client hangs up."""
    async with against(behaviour) as (server, api):
        assert await api.submit(FORM) == lost
        await server.peers[0].ended()


async def silent(peer: Peer) -> None:
    """Take the request and say nothing."""
    await peer.request()
    await peer.hung_up()


async def stalling(peer: Peer) -> None:
    """Begin an answer and say no more."""
    await peer.request()
    await peer.send(OK + b"Content-Length: 99\r\n\r\n{")
    await peer.hung_up()


async def dripping(peer: Peer) -> None:
    """Send a byte now and then, each in time, until the client has enough of it."""
    await peer.request()
    await peer.send(OK + b"Content-Length: 9999\r\n\r\n")
    while not await peer.hung_up(within_seconds=SHORT_SECONDS / 10):
        await peer.send(b"x")


async def informing(peer: Peer) -> None:
    """Say for ever that an answer will come."""
    await peer.request()
    while not await peer.hung_up(within_seconds=SHORT_SECONDS / 10):
        await peer.send(b"HTTP/1.1 102 Processing\r\n\r\n")


@pytest.mark.parametrize("behaviour", [silent, stalling, dripping, informing])
async def test_an_answer_that_takes_too_long_is_lost(behaviour: Behaviour) -> None:
    """The time-out is for the whole attempt: bytes that trickle in do not prolong it."""
    async with against(behaviour, timeout_seconds=SHORT_SECONDS) as (server, api):
        assert await api.submit(FORM) == Lost("read timed out")
        await server.peers[0].ended()


async def test_a_request_that_cannot_be_written_is_lost() -> None:
    """A peer that does not read holds up the write, and may have got enough of it."""

    async def deaf(peer: Peer) -> None:
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.Event().wait()

    async with against(deaf, timeout_seconds=SHORT_SECONDS) as (_, api):
        assert await api.submit(b"x" * 16 * 1024 * 1024) == Lost("write timed out")


async def test_a_lost_attempt_frees_its_connection() -> None:
    """After one of each ending, the only connection there may be serves the next order."""
    endings = itertools.chain(
        [silent, reset, once(), stalling], itertools.repeat(always(answer(ANSWER)))
    )

    async def behave(peer: Peer) -> None:
        await next(endings)(peer)

    async with against(behave, timeout_seconds=SHORT_SECONDS, concurrency=1) as (server, api):
        for _ in range(4):
            assert isinstance(await api.submit(FORM), Lost)
        assert await api.submit(FORM) == Answered(200, ANSWER)
        assert len(server.peers) == 5


async def test_cancellation_goes_through_and_closes_the_connection() -> None:
    """A cancelled submit raises CancelledError, hangs up, and leaves room for the next order."""
    arrived = asyncio.Event()

    async def behave(peer: Peer) -> None:
        await peer.request()
        if not arrived.is_set():
            arrived.set()
            await peer.hung_up()
        await peer.send(answer(ANSWER))

    async with against(behave, concurrency=1) as (server, api):
        order = asyncio.create_task(api.submit(FORM))
        await asyncio.wait_for(arrived.wait(), BOUND_SECONDS)
        order.cancel("enough")
        with pytest.raises(asyncio.CancelledError, match="enough"):
            await order
        await server.peers[0].ended()
        assert await api.submit(FORM) == Answered(200, ANSWER)


async def test_a_callers_time_out_is_the_callers() -> None:
    """A time-out around submit stays a TimeoutError there: it is no result of the attempt."""
    async with against(silent) as (_, api):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(SHORT_SECONDS):
                await api.submit(FORM)
