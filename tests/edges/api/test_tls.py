"""TLS: who is trusted, and that a handshake which fails has sent nothing."""

import asyncio
import ssl
from pathlib import Path

import pytest

from service.core.outcome import Answered, Lost, NotSent
from service.edges.api.client import UnreadableCaFileError
from tests.edges.api.clients import ANSWER, FORM, SHORT_SECONDS, against, order_api
from tests.edges.api.server import BOUND_SECONDS, Peer, always, answer, serving
from tests.edges.api.tls import Authority


async def test_orders_go_over_one_tls_connection(authority: Authority) -> None:
    """A server whose certificate the CA file vouches for gets the orders."""
    async with against(always(answer(ANSWER)), authority=authority) as (server, api):
        for _ in range(10):
            assert await api.submit(FORM) == Answered(200, ANSWER)
        assert len(server.peers) == 1


async def test_the_session_keys_are_written_nowhere(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, tmp_path: Path
) -> None:
    """Whoever hears the network could read the key with them."""
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    async with against(always(answer(ANSWER)), authority=authority) as (_, api):
        assert await api.submit(FORM) == Answered(200, ANSWER)
    async with against(always(), authority.server()) as (_, api):
        assert isinstance(await api.submit(FORM), NotSent)
    assert not (tmp_path / "keys").exists()


async def test_an_untrusted_certificate_is_not_sent_to(authority: Authority) -> None:
    """Without the CA file the system's authorities decide."""
    async with against(always(), authority.server()) as (server, api):
        result = await api.submit(FORM)
        assert isinstance(result, NotSent)
        assert result.reason.startswith("certificate not trusted: ")
        assert server.requests == []


async def test_a_certificate_for_another_name_is_not_sent_to(authority: Authority) -> None:
    """The certificate must be for the host in the URL."""
    async with against(always(), authority.server("example.org"), authority=authority) as (_, api):
        result = await api.submit(FORM)
        assert isinstance(result, NotSent)
        assert result.reason.startswith("certificate not trusted: ")


async def test_only_the_ca_file_is_trusted(authority: Authority, tmp_path: Path) -> None:
    """A certificate of another authority than the CA file's is refused."""
    async with against(always(), Authority(tmp_path).server(), authority=authority) as (_, api):
        assert isinstance(await api.submit(FORM), NotSent)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="plain HTTP"),
        pytest.param(b"", id="closed"),
    ],
)
async def test_a_failed_handshake_is_not_sent(reply: bytes) -> None:
    """A server that speaks no TLS, or hangs up, has seen nothing of the order."""

    async def behave(peer: Peer) -> None:
        await peer.send(reply)
        if not reply:
            peer.writer.write_eof()
        await peer.hung_up()

    async with serving(behave) as server, order_api(server.url.replace("http:", "https:")) as api:
        result = await api.submit(FORM)
        assert isinstance(result, NotSent)
        assert result.reason.startswith("TLS failed: ")


async def test_a_handshake_reset_by_the_server_is_not_sent() -> None:
    """RST in the handshake: nothing of the order had left."""

    async def behave(peer: Peer) -> None:
        peer.reset()

    async with serving(behave) as server, order_api(server.url.replace("http:", "https:")) as api:
        assert await api.submit(FORM) in {
            NotSent("connection reset"),
            NotSent("TLS handshake failed"),
        }


async def test_a_handshake_that_stalls_is_not_sent_and_leaves_no_socket() -> None:
    """The connection is closed when the time is over: the server sees the end of it."""
    hung_up: list[bool] = []

    async def behave(peer: Peer) -> None:
        hung_up.append(await peer.hung_up())

    async with serving(behave) as server:
        url = server.url.replace("http:", "https:")
        async with order_api(url, timeout_seconds=SHORT_SECONDS) as api:
            assert await api.submit(FORM) == NotSent("TLS handshake timed out")
            await server.peers[0].ended()
            assert hung_up == [True]


async def test_a_handshake_that_is_cancelled_leaves_no_socket() -> None:
    """Cancellation in the handshake closes the connection too."""
    shaking, hung_up = asyncio.Event(), list[bool]()

    async def behave(peer: Peer) -> None:
        shaking.set()
        hung_up.append(await peer.hung_up())

    async with serving(behave) as server, order_api(server.url.replace("http:", "https:")) as api:
        order = asyncio.create_task(api.submit(FORM))
        await asyncio.wait_for(shaking.wait(), BOUND_SECONDS)
        order.cancel()
        with pytest.raises(asyncio.CancelledError):
            await order
        await server.peers[0].ended()
        assert hung_up == [True]


async def test_a_record_that_is_broken_on_its_way_is_lost(authority: Authority) -> None:
    """Garbage under TLS after the request: the order may exist."""

    async def behave(peer: Peer) -> None:
        await peer.request()
        peer.send_under_tls(b"no TLS record")
        await peer.hung_up()

    async with against(behave, authority=authority) as (_, api):
        result = await api.submit(FORM)
        assert isinstance(result, Lost)
        assert result.reason.startswith("TLS failed: ")


async def test_a_client_certificate_that_is_asked_for_is_missing(authority: Authority) -> None:
    """A server that wants a certificate of ours gets no order, whenever it says so."""
    context = authority.server()
    context.verify_mode = ssl.CERT_REQUIRED
    async with against(always(answer(ANSWER)), context, authority=authority) as (server, api):
        # TLS 1.3 lets the client send before the server has looked at its certificate.
        assert isinstance(await api.submit(FORM), Lost)
        assert server.requests == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, ": no such file or directory"), (b"no PEM", " has no certificate in PEM")],
)
def test_an_unreadable_ca_file_is_named(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """A wrong CA file is an error at the start, with the file and what is wrong with it."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UnreadableCaFileError) as raised:
        order_api("https://127.0.0.1/", ca_file=file)
    assert str(raised.value) == f"The file of trusted certificates cannot be read: {file}{reason}"
