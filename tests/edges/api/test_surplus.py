"""Bytes behind an answer: they must never become the answer to another order."""

import pytest

from service.core.outcome import Answered
from tests.edges.api.clients import ANSWER, FORM, against
from tests.edges.api.server import Peer, answer, first
from tests.edges.api.tls import Authority

FOREIGN = answer(b'{"order": "ord_of_another"}')
EMPTY_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("parts", "body"),
    [
        pytest.param([answer(ANSWER) + FOREIGN], ANSWER, id="two answers in one"),
        pytest.param([answer(ANSWER), FOREIGN], ANSWER, id="two answers"),
        pytest.param([EMPTY_CHUNKED + FOREIGN], b"", id="behind chunks"),
        pytest.param([answer(b"", "204 No Content") + b"body"], b"", id="a body where none may be"),
        pytest.param([answer(ANSWER) + b"\r\n"], ANSWER, id="an empty line"),
    ],
)
async def test_a_connection_with_surplus_is_not_used_again(parts: list[bytes], body: bytes) -> None:
    """The answer counts, and the next order goes out on another connection."""
    async with against(first(*parts)) as (server, api):
        for _ in range(2):
            result = await api.submit(FORM)
            assert isinstance(result, Answered)
            assert result.body == body
        assert [len(peer.requests) for peer in server.peers] == [1, 1]


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([answer(ANSWER) + FOREIGN], id="one record"),
        pytest.param([answer(ANSWER), FOREIGN], id="two records"),
    ],
)
async def test_surplus_inside_tls_is_seen_too(authority: Authority, parts: list[bytes]) -> None:
    """Decrypted bytes that wait in the TLS layer are invisible from the socket."""
    async with against(first(*parts), authority=authority) as (server, api):
        for _ in range(2):
            assert await api.submit(FORM) == Answered(200, ANSWER)
        assert [len(peer.requests) for peer in server.peers] == [1, 1]


@pytest.mark.parametrize("garbage", [b"", b"no TLS record"], ids=["the end", "garbage"])
async def test_the_end_of_tls_behind_it_is_seen_too(authority: Authority, garbage: bytes) -> None:
    """A close_notify or a broken record right behind an answer: no order follows on it."""

    async def behave(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer(ANSWER))
        if garbage:
            peer.send_under_tls(garbage)
        else:
            peer.writer.close()
        await peer.hung_up()

    async with against(behave, authority=authority) as (server, api):
        for _ in range(2):
            assert await api.submit(FORM) == Answered(200, ANSWER)
        assert [len(peer.requests) for peer in server.peers] == [1, 1]
