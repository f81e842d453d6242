"""Asking relays over real HTTP."""

import asyncio
import contextlib

import pytest

from service.commands.trace import relays
from service.commands.trace.places import Said, Silent
from service.edges.admin.whereabouts import Whereabouts
from service.flow.held_orders import Stand
from tests.edges.admin.asking import serving


@pytest.mark.parametrize("message_id", ["o-1", "a/b?c#d%20", "ü\U0001f600 ", "..", "\udcff"])
async def test_an_id_is_asked_for_as_it_is(message_id: str) -> None:
    """Whatever characters it has."""
    asked: list[str] = []

    def stands(wanted: str) -> list[Stand]:
        asked.append(wanted)
        return []

    whereabouts = Whereabouts()
    whereabouts.watch(stands)
    with serving(whereabouts=whereabouts) as admin:
        (said,) = await relays.ask([f"http://127.0.0.1:{admin.port}"], message_id)
    assert isinstance(said, Said)
    assert asked == [message_id]


async def test_a_name_is_asked_at_each_of_its_addresses() -> None:
    """Of one kind, and each once, however often it is named."""
    with serving() as admin:
        said = await relays.ask(
            [f"http://localhost:{admin.port}/", f"http://127.0.0.1:{admin.port}/"], "o-1"
        )
    assert [each.address for each in said] == [f"127.0.0.1:{admin.port}"]


async def test_a_relay_that_does_not_say_is_named() -> None:
    """Refused, no such name, an older one without this page, and no relay at all."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>")
            await writer.drain()
            writer.close()

    stranger = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = stranger.sockets[0].getsockname()[1]
    with serving() as admin:
        urls = ["http://127.0.0.1:1", "http://no-such-name.invalid:8080"]
        urls += [f"http://127.0.0.1:{port}", f"http://127.0.0.1:{admin.port}/elsewhere"]
        said = await relays.ask(urls, "o-1")
    stranger.close()
    assert all(isinstance(each, Silent) for each in said)
    whys = [each.why for each in said if isinstance(each, Silent)]
    assert whys[2:] == ["it does not answer as a relay", "answered 404"]
