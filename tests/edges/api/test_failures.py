"""From exception and phase to result, and every way in which a request certainly did not leave."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack

import h11
import httpx2
import pytest

from service.core.outcome import Answered, Lost, NotSent
from service.edges.api.connection import SpokeFirstError
from service.edges.api.failures import describe, failure
from service.edges.api.phase import Phase
from tests.edges.api.clients import ANSWER, FORM, SHORT_SECONDS, against, order_api
from tests.edges.api.server import always, answer

UNSENT = [Phase.WAITING, Phase.CONNECTING, Phase.SECURING]
PERHAPS_SENT = [Phase.SENDING, Phase.SENT, Phase.READING]


def caused(error: Exception, cause: BaseException) -> Exception:
    """`error` with `cause` behind it."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize("phase", UNSENT)
@pytest.mark.parametrize(
    "error", [TimeoutError(), ConnectionError(), h11.RemoteProtocolError(""), UnicodeError()]
)
def test_before_the_request_nothing_was_sent(error: Exception, phase: Phase) -> None:
    """Whatever happens while no byte of the request can have left, the order is unsent."""
    assert isinstance(failure(error, phase), NotSent)


@pytest.mark.parametrize("phase", PERHAPS_SENT)
@pytest.mark.parametrize(
    "error", [TimeoutError(), ConnectionError(), h11.LocalProtocolError(""), UnicodeError()]
)
def test_from_the_first_byte_on_an_order_may_exist(error: Exception, phase: Phase) -> None:
    """No kind of exception makes an order unsent that may have left."""
    assert isinstance(failure(error, phase), Lost)


@pytest.mark.parametrize("value", ["two\nlines", "\x00"])
async def test_a_request_that_h11_refuses_is_unsent(value: str) -> None:
    """It is refused before its first byte, and the connection that it had serves the next one."""
    refused = iter([{"traceparent": value}, {}])
    async with against(always(answer(ANSWER)), headers=lambda: next(refused)) as (server, api):
        assert await api.submit(FORM) == NotSent("the request is not valid HTTP")
        assert await api.submit(FORM) == Answered(200, ANSWER)
        assert len(server.requests) == 1


def test_a_time_out_is_named_by_what_it_cut_off() -> None:
    """There is one clock for all phases."""
    assert [describe(TimeoutError(), phase) for phase in Phase] == [
        "no connection was free in time",
        "connect timed out",
        "TLS handshake timed out",
        "write timed out",
        "read timed out",
        "read timed out",
    ]


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), "host name not found"),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "host name lookup failed"),
        (OSError("Multiple exceptions"), "connect failed"),
        (OSError(113, "No route to host"), "no route to host"),
        (ConnectionRefusedError(111, "x"), "connection refused"),
        (ExceptionGroup("", [ConnectionRefusedError(111, "x"), OSError()]), "connection refused"),
        (ConnectionResetError(104, "x"), "connection reset"),
        (ssl.SSLError(), "TLS failed: protocol error"),
        (SpokeFirstError(), "the server spoke before it was asked, or hung up"),
    ],
)
def test_a_network_error_is_named_by_its_cause(cause: Exception, reason: str) -> None:
    """The libraries wrap the cause in layers; the innermost that says something counts."""
    layers = caused(httpx2.ConnectError("k3y"), caused(OSError("All attempts failed"), cause))
    assert describe(layers, Phase.CONNECTING) == reason


@pytest.mark.parametrize("phase", Phase)
def test_an_error_without_a_cause_is_named_by_the_phase(phase: Phase) -> None:
    """The exception's own text stays out of it: it may quote the peer."""
    assert "k3y" not in describe(httpx2.NetworkError("k3y"), phase)
    assert describe(KeyError("k3y"), phase) == "unexpected KeyError"


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
