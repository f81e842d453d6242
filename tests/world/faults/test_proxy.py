"""The proxy, between a client and an echo."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.world.faults import Direction, Proxy, Verdict
from tests.world.faults.echo import Echo, connection, exchange, proxied


@pytest.fixture
async def echo() -> Echo:
    """What the echo has received."""
    return Echo()


@pytest.fixture
async def proxy(echo: Echo) -> AsyncIterator[Proxy]:
    """A proxy in front of the echo."""
    async with proxied(echo) as proxy:
        yield proxy


async def test_bytes_pass_unchanged_both_ways(proxy: Proxy) -> None:
    """A healthy network hands on all that it gets."""
    data = bytes(range(256)) * 4_000
    async with connection(proxy) as client:
        assert await exchange(client, data) == data
    assert proxy.passed_bytes(Direction.TO_TARGET) == len(data)


async def test_an_end_of_one_way_is_handed_on(proxy: Proxy, echo: Echo) -> None:
    """A client that ends its side still gets what is under way, then the other end's end."""
    async with connection(proxy) as (reader, writer):
        writer.write(b"last")
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 10) == b"last"
    await proxy.disconnected()
    assert echo.ended.is_set()


async def test_cut_resets_the_open_connections_only(proxy: Proxy, echo: Echo) -> None:
    """Both ends see a reset, and the next connection works."""
    async with connection(proxy) as client:
        await exchange(client, b"a")
        assert proxy.cut() == 1
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(client[0].read(), 10)
    await asyncio.wait_for(echo.ended.wait(), 10)
    async with connection(proxy) as client:
        assert await exchange(client, b"b") == b"b"


async def test_refuse_turns_new_connections_away(proxy: Proxy) -> None:
    """New ones are refused while open ones go on, and it can be taken back."""
    async with connection(proxy) as client:
        await exchange(client, b"a")
        await proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", proxy.port)
        assert await exchange(client, b"b") == b"b"
    await proxy.refuse(on=False)
    async with connection(proxy) as client:
        assert await exchange(client, b"c") == b"c"


async def test_no_connection_slips_through_a_cut(proxy: Proxy) -> None:
    """Neither one that the kernel had taken, nor one on its way to the target."""
    async with connection(proxy) as (reader, writer):
        # The proxy has not had a turn yet.
        await proxy.refuse()
        proxy.cut()
        writer.write(b"a")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 10)
    assert proxy.open_connections == 0


async def test_a_target_that_is_away_resets_the_client(proxy: Proxy) -> None:
    """A client of a dead target is told so, and the proxy counts it."""
    proxy.target = ("127.0.0.1", proxy.port + 1 if proxy.port < 65_535 else 1)
    async with connection(proxy) as client:
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(client[0].read(), 10)
    assert (proxy.accepted, proxy.unreached) == (0, 1)


@pytest.mark.parametrize("stalled", Direction)
async def test_a_stall_of_one_way_holds_what_goes_that_way(
    proxy: Proxy, echo: Echo, stalled: Direction
) -> None:
    """Held bytes arrive in order on resume, and the other way was never touched."""
    async with connection(proxy) as client:
        await exchange(client, b"a")
        proxy.stall(stalled)
        held = proxy.saw(lambda way, data: way is stalled and data == b"b")
        client[1].write(b"b")
        await held
        assert echo.received == (b"a" if stalled is Direction.TO_TARGET else b"ab")
        proxy.resume()
        assert await exchange(client, b"c") == b"b"
        assert await asyncio.wait_for(client[0].readexactly(1), 10) == b"c"


async def test_a_stall_hides_the_end_of_the_other_side(proxy: Proxy, echo: Echo) -> None:
    """Half open: the client is gone and the target does not know, until the stall ends."""
    async with connection(proxy) as client:
        await exchange(client, b"a")
        proxy.stall()
        unknown = proxy.saw(lambda _way, data: data.endswith(b"bye"))
        client[1].write(b"bye")
        await unknown
    assert not echo.ended.is_set()
    assert proxy.open_connections == 1
    proxy.resume()
    await asyncio.wait_for(echo.ended.wait(), 10)
    await proxy.disconnected()


async def test_swallowed_bytes_are_lost(proxy: Proxy, echo: Echo) -> None:
    """A black hole that swallows gives nothing back when it ends."""
    async with connection(proxy) as client:
        proxy.stall(Direction.TO_TARGET, swallow=True)
        swallowed = proxy.saw(lambda _way, data: data == b"lost")
        client[1].write(b"lost")
        await swallowed
        proxy.resume()
        assert await exchange(client, b"found") == b"found"
    assert echo.received == b"found"


async def test_throttled_bytes_come_in_pieces(proxy: Proxy) -> None:
    """Byte by byte, and still all of them."""
    proxy.throttle(1)
    async with connection(proxy) as client:
        assert await exchange(client, b"x" * 500) == b"x" * 500
    proxy.throttle(None)


async def test_the_end_of_a_throttle_is_at_once(proxy: Proxy) -> None:
    """What is left of a chunk that has begun to drip passes whole."""
    proxy.throttle(1, pause_seconds=0.05)
    async with connection(proxy) as client:
        client[1].write(b"x" * 60_000)
        assert await asyncio.wait_for(client[0].readexactly(1), 10) == b"x"
        proxy.throttle(None)
        # At one byte in 50 ms this would take 50 minutes.
        rest = await asyncio.wait_for(client[0].readexactly(59_999), 10)
        assert rest == b"x" * 59_999


async def test_latency_delays_without_limiting_the_rate(proxy: Proxy) -> None:
    """Many chunks take one latency each way, not one for each chunk."""
    proxy.latency(0.05)
    clock = asyncio.get_running_loop().time
    async with connection(proxy) as client:
        begun = clock()
        assert await exchange(client, b"x" * 1_000_000) == b"x" * 1_000_000
        taken = clock() - begun
    assert 0.1 <= taken < 1.0


async def test_the_hook_cuts_at_the_very_frame(proxy: Proxy, echo: Echo) -> None:
    """The chunk that got the verdict CUT does not arrive; what came before it did."""
    proxy.on_data(lambda _way, data: Verdict.CUT if b"!" in data else Verdict.PASS)
    async with connection(proxy) as client:
        assert await exchange(client, b"a") == b"a"
        client[1].write(b"!")
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(client[0].read(), 10)
    await asyncio.wait_for(echo.ended.wait(), 10)
    assert echo.received == b"a"


async def test_the_hook_holds_one_connection(proxy: Proxy, echo: Echo) -> None:
    """The verdict HOLD stalls the connection that it was about, until resume, and no other."""

    def hold_answer(way: Direction, data: bytes) -> Verdict:
        held = way is Direction.TO_CLIENT and data == b"held"
        return Verdict.HOLD if held else Verdict.PASS

    proxy.on_data(hold_answer)
    async with connection(proxy) as first, connection(proxy) as second:
        held = proxy.saw(lambda way, data: way is Direction.TO_CLIENT and data == b"held")
        first[1].write(b"held")
        await held
        assert echo.received == b"held"
        assert await exchange(second, b"free") == b"free"
        proxy.resume()
        assert await asyncio.wait_for(first[0].readexactly(4), 10) == b"held"


async def test_saw_puts_the_pieces_of_a_frame_together(proxy: Proxy) -> None:
    """What comes in several chunks is seen as a whole, and reading it back stays right."""
    seen = proxy.saw(lambda way, data: way is Direction.TO_TARGET and b"needle" in data)
    async with connection(proxy) as client:
        await exchange(client, b"a nee")
        assert not seen.is_done
        await exchange(client, b"dle")
        await seen


async def test_waiting_in_vain_is_an_error(proxy: Proxy) -> None:
    """A wait is bounded and says what it waited for."""
    with pytest.raises(AssertionError, match=r"after 0\.01 s: 0 of 1 connections"):
        await proxy.connected(timeout_seconds=0.01)


async def test_the_proxy_leaves_nothing_behind(echo: Echo) -> None:
    """After it, no task of it runs, and its port takes no connection."""
    before = asyncio.all_tasks()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    async with server:
        async with Proxy("127.0.0.1", server.sockets[0].getsockname()[1]) as proxy:
            _, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            await proxy.connected()
            proxy.stall()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.close()
        await asyncio.wait_for(echo.ended.wait(), 10)
    assert {task for task in asyncio.all_tasks() - before if not task.done()} == set()
