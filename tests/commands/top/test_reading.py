"""Reading a relay's metrics, or what answers in its place."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from service.commands.top.command import Readings
from service.commands.top.scraping import MOST_SERIES, ScrapeFailedError, parse, scrape
from service.core.topology import build_topology
from service.edges.amqp.broker import Broker
from service.edges.amqp.depths import QueueDepths
from tests.world.broker.ports import LOOPBACK, free_ports

GOOD = b"order_relay_in_flight 3.0\n"
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def endpoint(answer: bytes | Answer) -> AsyncIterator[str]:
    """The address of a server that answers so, and then closes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            if isinstance(answer, bytes):
                writer.write(answer)
            else:
                await answer(reader, writer)
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, LOOPBACK, 0)
    try:
        yield f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}/metrics"
    finally:
        server.close()


def ok(body: bytes, *headers: bytes) -> bytes:
    """A whole answer."""
    return b"\r\n".join([b"HTTP/1.1 200 OK", *headers, b"", body])


async def test_a_good_answer_is_read_with_the_time_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock of the loop; no proxy of the environment stands between."""
    (dead,) = free_ports(1)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{LOOPBACK}:{dead}")
    before = asyncio.get_running_loop().time()
    async with endpoint(ok(GOOD, b"Content-Length: 26")) as url:
        found = await scrape(url)
    assert found.values == {"order_relay_in_flight": {(): 3.0}}
    assert before <= found.monotonic_seconds <= asyncio.get_running_loop().time()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (ok(b"<html>hello</html>"), "no metrics of a relay"),
        (ok(b'order_relay_in_flight{a="b 3\n'), "metrics that cannot be read"),
        (ok(GOOD, b"Content-Length: 99"), "answer broke off"),
        (ok(GOOD * 4000), "more than 64 KiB"),
        # Small as it is, what is in it never takes memory.
        (ok(gzip.compress(GOOD * 40_000), b"Content-Encoding: gzip"), "no metrics of a relay"),
        (ok(GOOD, b"X: " + b"x" * 1_000_000), "no HTTP answer"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "answered 404"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://example.com/\r\n\r\n", "answered 302"),
        (b"SSH-2.0-OpenSSH_9\x1b[2J\r\n", "no HTTP answer"),
        (b"", "no HTTP answer"),
    ],
)
async def test_what_is_no_answer_of_a_relay_is_said_in_a_few_words(answer: bytes, why: str) -> None:
    """Fit for a terminal, whoever wrote them."""
    async with endpoint(answer) as url:
        with pytest.raises(ScrapeFailedError) as caught:
            await scrape(url, most_bytes=65_536)
    assert str(caught.value) == why


def test_the_number_of_series_is_bounded() -> None:
    """The parser takes its time for each."""
    text = "order_relay_in_flight 3.0\n"
    assert parse(text * MOST_SERIES)
    with pytest.raises(ScrapeFailedError, match=r"^more than 20000 series$"):
        parse(text * (MOST_SERIES + 1))


async def test_one_bound_holds_for_the_whole_answer() -> None:
    """A byte now and then begins no new wait."""
    ended = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not reader.at_eof():
                writer.write(b"x")
                await writer.drain()
                with suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(65_536), 0.05)
        finally:
            ended.set()

    async with endpoint(drip) as url:
        with pytest.raises(ScrapeFailedError, match=r"no answer in 0\.3 s"):
            await scrape(url, within_seconds=0.3)
        # The connection went with the wait.
        await asyncio.wait_for(ended.wait(), 60)


async def test_an_address_where_nobody_listens_is_said() -> None:
    """As what it is."""
    (port,) = free_ports(1)
    with pytest.raises(ScrapeFailedError, match=r"^connection refused$"):
        await scrape(f"http://{LOOPBACK}:{port}/metrics")


@pytest.mark.parametrize(("window_seconds", "kept"), [(600.0, 4), (0.0, 2)])
async def test_the_window_is_kept_and_at_least_one_before_the_latest(
    window_seconds: float, kept: int
) -> None:
    """So that there is a rate however rarely one reads; a relay that fell silent begins anew."""
    depths = QueueDepths(Broker([f"amqp://{LOOPBACK}:1/"]), build_topology("orders", [5]))
    async with endpoint(ok(GOOD)) as url:
        readings = Readings([url], depths)
        readings.window_seconds = window_seconds
        address = url.removeprefix("http://").removesuffix("/metrics")
        assert readings.view().silent == {address: "not asked yet"}
        for _ in range(4):
            await readings.read_relays()
        assert {name: len(each) for name, each in readings.view().relays.items()} == {address: kept}
    await readings.read_relays()
    assert readings.view().relays == {}
    assert readings.view().silent == {address: "connection refused"}
