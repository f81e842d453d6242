"""Servers that stand where a broker, the API or the management API should."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import trustme

from tests.world.broker.node import RabbitNode

OPENED = b"\x00\x0a\x00\x29"
"""Connection.OpenOk: the login is over."""

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Authority:
    """A certificate authority, and contexts of servers that it certifies."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self._folder = folder
        self.file = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self.file))

    def server(
        self,
        name: str = "127.0.0.1",
        *,
        begins: timedelta = timedelta(days=-30),
        ends: timedelta = timedelta(days=60),
        asks: bool = False,
    ) -> ssl.SSLContext:
        """A server of this name; one that `asks` wants a certificate of the client's."""
        now = datetime.now(UTC)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued = self._authority.issue_cert(name, not_before=now + begins, not_after=now + ends)
        issued.configure_cert(context)
        if asks:
            context.verify_mode = ssl.CERT_REQUIRED
            self._authority.configure_trust(context)
        return context

    def client(self) -> Path:
        """A client's certificate, its key in the same file."""
        file = self._folder / "client.pem"
        self._authority.issue_cert("client.test").private_key_and_cert_chain_pem.write_to_path(
            str(file)
        )
        return file


@asynccontextmanager
async def serving(serve: Serve, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port of a server; what its clients do to it is no failure."""
    served: set[asyncio.Task[None] | None] = set()

    async def safely(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.add(asyncio.current_task())
        try:
            with suppress(OSError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError):
                await serve(reader, writer)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(safely, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        tasks = [each for each in served if each is not None]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Take all, and say nothing."""
    while await reader.read(65536):
        pass


async def web_page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What a web server says to what is no HTTP."""
    await reader.read(8)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


def answering(status: str, body: bytes, *headers: str) -> Serve:
    """The same HTTP answer to everything; without a status none."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if status:
            lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", "")
            writer.write("\r\n".join(lines).encode() + body)
            await writer.drain()
            await reader.read()

    return serve


def forwarding(port: int, *, silent_after_login: bool = False) -> Serve:
    """To a port of this machine; after the login perhaps nothing more comes back."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", port)

        async def carry(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
            quiet = False
            while data := await source.read(65536):
                if not quiet:
                    to.write(data)
                    await to.drain()
                quiet = quiet or (silent_after_login and source is back and OPENED in data)

        carrying = [
            asyncio.ensure_future(carry(reader, forth)),
            asyncio.ensure_future(carry(back, writer)),
        ]
        try:
            await asyncio.wait(carrying, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in carrying:
                each.cancel()
            await asyncio.gather(*carrying, return_exceptions=True)
            forth.transport.abort()

    return serve


def managing(node: RabbitNode, path: str, change: Callable[[Any], Any]) -> Serve:
    """The management API of the node, but for what it says at one path; None is a refusal."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        target, _, query = head.split(" ")[1].removeprefix("/api/").partition("?")
        parts = [unquote(part) for part in target.split("/")]
        rows = await asyncio.to_thread(node.api.get, *parts, query=f"?{query}" if query else "")
        status = "200 OK" if rows is not None else "404 Not Found"
        if target == path and (rows := change(rows)) is None:
            status = "401 Unauthorized"
        body = json.dumps(rows).encode()
        lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", "", "")
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()

    return serve
