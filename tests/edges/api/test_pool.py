"""Which connection an order gets: the one used last, and none that was idle for long."""

import asyncio

import httpx2
import pytest

from service.core.outcome import Answered, Lost, NotSent
from service.edges.api.phase import Progress
from service.edges.api.transport import Transport
from service.edges.tls import client_context
from tests.edges.api.clients import ANSWER, FORM, against
from tests.edges.api.server import BOUND_SECONDS, Peer, Server, always, answer, serving


async def test_the_connection_used_last_is_used_first() -> None:
    """Those that a busy hour has opened then become idle, and are closed."""
    arrived, release = asyncio.Semaphore(0), asyncio.Event()

    async def behave(peer: Peer) -> None:
        while True:
            await peer.request()
            arrived.release()
            await release.wait()
            await peer.send(answer(ANSWER))

    async with against(behave) as (server, api):
        orders = asyncio.gather(*(api.submit(FORM) for _ in range(3)))
        async with asyncio.timeout(BOUND_SECONDS):
            for _ in range(3):
                await arrived.acquire()
        release.set()
        assert await orders == [Answered(200, ANSWER)] * 3
        for _ in range(5):
            assert await api.submit(FORM) == Answered(200, ANSWER)
        assert sorted(len(peer.requests) for peer in server.peers) == [1, 1, 6]


async def post(client: httpx2.AsyncClient, server: Server) -> bytes:
    """One order, and its answer."""
    extensions = {"progress": Progress()}
    response = await client.post(server.url, content=FORM, extensions=extensions)
    return response.content


@pytest.mark.parametrize(("idle_seconds", "connections"), [(0.0, 3), (60.0, 1)])
async def test_a_connection_that_was_idle_for_long_is_closed(
    idle_seconds: float, connections: int
) -> None:
    """The server may be about to close it, and an order sent just then would be lost."""
    async with serving(always(answer(ANSWER))) as server:
        transport = Transport(
            httpx2.URL(server.url), client_context(), 4, idle_seconds=idle_seconds
        )
        async with httpx2.AsyncClient(transport=transport) as client:
            for _ in range(3):
                assert await post(client, server) == ANSWER
            assert len(server.peers) == connections
            for peer in server.peers[:-1]:
                await peer.ended()


async def test_the_end_cuts_off_what_is_in_flight_and_closes_what_is_idle() -> None:
    """No connection outlives the edge."""
    arrived = asyncio.Event()

    async def behave(peer: Peer) -> None:
        await peer.request()
        if arrived.is_set():
            await peer.send(answer(ANSWER))
        arrived.set()
        await peer.hung_up()

    async with against(behave) as (server, api):
        order = asyncio.create_task(api.submit(FORM))
        await asyncio.wait_for(arrived.wait(), BOUND_SECONDS)
        assert await api.submit(FORM) == Answered(200, ANSWER)
        await api.aclose()
        assert await order == Lost("connection closed before an answer")
        for peer in server.peers:
            await peer.ended()


@pytest.mark.parametrize("turns", range(8))
async def test_an_order_that_is_under_way_at_the_end_is_cut_off(turns: int) -> None:
    """However far it came: connecting, connected or sent."""

    async def behave(peer: Peer) -> None:
        await peer.request()
        await peer.hung_up()

    async with against(behave, timeout_seconds=60) as (server, api):
        order = asyncio.create_task(api.submit(FORM))
        for _ in range(turns):
            await asyncio.sleep(0)
        await api.aclose()
        assert isinstance(await asyncio.wait_for(order, BOUND_SECONDS), NotSent | Lost)
        for peer in server.peers:
            await peer.ended()
