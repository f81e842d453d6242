"""What goes over the wire for an order, and what of the answer comes back."""

import asyncio
from itertools import count

import pytest

from service import __version__
from service.core.outcome import MAX_ANSWER_BYTES, Answered
from service.edges.api.client import InvalidApiUrlError
from service.edges.api.key import FixedKey
from tests.edges.api.clients import ANSWER, FORM, against, order_api
from tests.edges.api.server import BOUND_SECONDS, Peer, always, answer, once, serving


async def test_the_request_is_exactly_these_bytes() -> None:
    """The key comes first, URL-encoded, then the form byte for byte, with a Content-Length."""
    async with against(always(answer(ANSWER)), key=FixedKey("a b/c&d=é")) as (server, api):
        assert await api.submit(FORM) == Answered(200, ANSWER)
    [request] = server.requests
    assert request.body == b"key=a+b%2Fc%26d%3D%C3%A9&" + FORM
    assert request.head == (
        b"POST /api/v2 HTTP/1.1\r\n"
        b"Host: 127.0.0.1:%d\r\n"
        b"Connection: keep-alive\r\n"
        b"User-Agent: order-relay/%b\r\n"
        b"Accept: application/json\r\n"
        b"Accept-Encoding: identity\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n"
        b"\r\n" % (server.port, __version__.encode(), len(request.body))
    )


async def test_more_headers_are_asked_for_at_every_attempt() -> None:
    """And take the place of none that the request needs."""
    numbers = count()

    def headers() -> dict[str, str]:
        return {"traceparent": f"00-{next(numbers)}", "Content-Length": "1"}

    async with against(always(answer(ANSWER)), headers=headers) as (server, api):
        assert await api.submit(FORM) == Answered(200, ANSWER)
        assert await api.submit(FORM) == Answered(200, ANSWER)
    for number, request in enumerate(server.requests):
        assert b"traceparent: 00-%d\r\n" % number in request.head
        assert request.head.count(b"Content-Length") == 1
        assert b"Content-Length: %d\r\n" % len(request.body) in request.head


@pytest.mark.parametrize(
    ("status", "headers", "retry_after"),
    [
        ("429 Too Many Requests", [b"Retry-After: 120"], "120"),
        (
            "503 Busy",
            [b"retry-after: Wed, 21 Oct 2026 07:28:00 GMT"],
            "Wed, 21 Oct 2026 07:28:00 GMT",
        ),
        ("503 Busy", [], None),
        ("400 Bad Request", [], None),
        ("500 Oh", [], None),
    ],
)
async def test_status_body_and_retry_after_come_back_as_they_are(
    status: str, headers: list[bytes], retry_after: str | None
) -> None:
    """Every whole answer is Answered; what it means is decided elsewhere."""
    body = b'{"error": "x"}'
    async with against(always(answer(body, status, headers))) as (_, api):
        assert await api.submit(FORM) == Answered(int(status[:3]), body, retry_after)


@pytest.mark.parametrize(
    "location",
    [b"/elsewhere", b"http://127.0.0.1:1/", b"http://[", b"", b"ftp://x", b"http://\xff/"],
)
async def test_a_redirect_is_an_answer_and_is_not_followed(location: bytes) -> None:
    """A 302 comes back as such, whatever its Location is: the key is for one address only."""
    moved = answer(b"", "302 Found", [b"Location: " + location])
    async with against(always(moved)) as (server, api):
        assert await api.submit(FORM) == Answered(302, b"")
        assert len(server.requests) == 1


async def test_no_cookie_goes_from_one_order_to_the_next() -> None:
    """What Set-Cookie asks for is not sent along with later orders."""
    reply = answer(ANSWER, headers=[b"Set-Cookie: order=1; Path=/", b"Set-Cookie: \xff=;;=="])
    async with against(always(reply)) as (server, api):
        await api.submit(FORM)
        await api.submit(FORM)
        assert [request.headers.get("cookie") for request in server.requests] == [None, None]


async def test_a_proxy_in_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY does not divert orders."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with against(always(answer(ANSWER))) as (_, api):
        assert await api.submit(FORM) == Answered(200, ANSWER)


async def test_orders_one_after_another_share_one_connection() -> None:
    """A hundred sequential submits open one connection."""
    async with against(always(answer(ANSWER))) as (server, api):
        for _ in range(100):
            assert await api.submit(FORM) == Answered(200, ANSWER)
        assert len(server.peers) == 1
        assert len(server.requests) == 100


async def test_no_more_connections_than_the_concurrency() -> None:
    """Three times as many orders as connections allowed: the others wait for one to be free."""
    release, arrived = asyncio.Event(), asyncio.Semaphore(0)

    async def behave(peer: Peer) -> None:
        while True:
            await peer.request()
            arrived.release()
            await release.wait()
            await peer.send(answer(ANSWER))

    async with against(behave, concurrency=3) as (server, api):
        orders = asyncio.gather(*(api.submit(FORM) for _ in range(9)))
        async with asyncio.timeout(BOUND_SECONDS):
            for _ in range(3):
                await arrived.acquire()
        release.set()
        assert await orders == [Answered(200, ANSWER)] * 9
        assert len(server.peers) == 3


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([answer(b"x" * MAX_ANSWER_BYTES)], id="content-length"),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"]
            + [b"8000\r\n" + b"x" * 0x8000 + b"\r\n"] * 2
            + [b"0\r\n\r\n"],
            id="chunked",
        ),
    ],
)
async def test_an_answer_of_just_the_allowed_size_is_read(parts: list[bytes]) -> None:
    """64 KiB is not too large, however it is framed."""
    async with against(always(*parts)) as (_, api):
        assert await api.submit(FORM) == Answered(200, b"x" * MAX_ANSWER_BYTES)


@pytest.mark.parametrize("coding", [b"identity", b"UTF-8", b""])
async def test_an_answer_that_is_not_really_encoded_is_read(coding: bytes) -> None:
    """A Content-Encoding that encodes nothing is no reason to lose an answer."""
    reply = answer(ANSWER, headers=[b"Content-Encoding: " + coding])
    async with against(always(reply)) as (_, api):
        assert await api.submit(FORM) == Answered(200, ANSWER)


async def test_an_answer_byte_by_byte_is_read() -> None:
    """How the bytes are split does not matter."""
    parts = [bytes([byte]) for byte in answer(ANSWER)]

    async def behave(peer: Peer) -> None:
        await peer.request()
        for part in parts:
            await peer.send(part)
            await asyncio.sleep(0)
        await peer.hung_up()

    async with against(behave) as (_, api):
        assert await api.submit(FORM) == Answered(200, ANSWER)


async def test_an_answer_that_ends_with_the_connection_is_read() -> None:
    """Without a length the end of the connection ends the answer."""
    async with against(once(b"HTTP/1.0 200 OK\r\n\r\n" + ANSWER)) as (_, api):
        assert await api.submit(FORM) == Answered(200, ANSWER)


async def test_a_connection_that_the_server_closed_is_not_used_again() -> None:
    """An idle connection's end is noticed before the next order is sent on it."""
    async with against(once(answer(ANSWER))) as (server, api):
        assert await api.submit(FORM) == Answered(200, ANSWER)
        await server.peers[0].ended()
        assert await api.submit(FORM) == Answered(200, ANSWER)
        assert len(server.peers) == 2


async def test_userinfo_and_query_of_the_url_are_used() -> None:
    """A URL with a user and a query is sent as httpx2 does: basic authentication, whole target."""
    async with serving(always(answer(ANSWER))) as server:
        url = f"http://user:pass@127.0.0.1:{server.port}/api/v2?a=b"
        async with order_api(url) as api:
            assert await api.submit(FORM) == Answered(200, ANSWER)
    [request] = server.requests
    assert request.head.startswith(b"POST /api/v2?a=b HTTP/1.1\r\n")
    assert request.headers["authorization"] == "Basic dXNlcjpwYXNz"


def test_a_url_that_cannot_be_read_is_named_without_its_parts() -> None:
    """The error at the start does not quote the URL: a password may be in it."""
    with pytest.raises(InvalidApiUrlError, match=r"^The order API's URL cannot be read\.$"):
        order_api("http://user:secret@host:secret/")
