"""Every way in which a request certainly did not leave."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from service.core.outcome import NotSent
from tests.edges.api.clients import FORM, SHORT_SECONDS, order_api


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken, and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port whose backlog is full: the kernel drops every further SYN."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


async def test_a_refused_connection_is_not_sent(closed_port: int) -> None:
    """Nobody listens: nothing left."""
    async with order_api(f"http://127.0.0.1:{closed_port}/") as api:
        assert await api.submit(FORM) == NotSent("connection refused")


async def test_a_connection_that_is_not_made_in_time_is_not_sent(black_hole: int) -> None:
    """The time-out struck while connecting: nothing left."""
    async with order_api(f"http://127.0.0.1:{black_hole}/", timeout_seconds=SHORT_SECONDS) as api:
        assert await api.submit(FORM) == NotSent("connect timed out")


async def test_an_order_that_got_no_connection_in_time_is_not_sent(black_hole: int) -> None:
    """The order behind the only connection waited in vain."""
    async with order_api(
        f"http://127.0.0.1:{black_hole}/", timeout_seconds=SHORT_SECONDS, concurrency=1
    ) as api:
        first, second = await asyncio.gather(api.submit(FORM), api.submit(FORM))
        assert first == NotSent("connect timed out")
        # The first one's end may hand it the connection at the very last moment.
        assert second in {NotSent("no connection was free in time"), NotSent("connect timed out")}


async def test_an_unknown_host_is_not_sent() -> None:
    """A name that can never exist; a resolver that does not answer is as good."""
    async with order_api("http://order-api.invalid/") as api:
        assert await api.submit(FORM) in {
            NotSent("host name not found"),
            NotSent("host name lookup failed"),
            NotSent("connect timed out"),
        }


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://", "/api/v2", ""])
async def test_a_url_that_is_not_http_is_not_sent(url: str) -> None:
    """There is nobody to send it to."""
    async with order_api(url) as api:
        assert await api.submit(FORM) == NotSent(
            "the URL is neither http nor https, or has no host"
        )


async def test_userinfo_and_query_are_not_in_the_reason(closed_port: int) -> None:
    """What a URL may hide is not told."""
    async with order_api(f"http://user:pass@127.0.0.1:{closed_port}/?token=query") as api:
        assert await api.submit(FORM) == NotSent("connection refused")


async def test_after_the_end_nothing_is_sent() -> None:
    """A closed edge sends nothing, and says so without an exception."""
    api = order_api("http://127.0.0.1:1/")
    await api.aclose()
    assert await api.submit(FORM) == NotSent("unexpected RuntimeError")
