"""Broken set-ups at the API, in the settings and on this machine."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from service.edges.amqp.questions import Bounds
from tests.commands.doctor.arounds import tls
from tests.commands.doctor.broken_broker import GOOD as AT_A_BROKER
from tests.commands.doctor.fronts import Serve, answering, serving, silent
from tests.commands.doctor.stand import ASKED, Around, SetUp, Stand
from tests.world.broker.ports import free_ports

HTML = b"<!doctype html><title>Panel</title>"


def api(serve: Serve) -> Around:
    """The API is this."""

    @asynccontextmanager
    async def around(_: Stand) -> AsyncIterator[Mapping[str, str]]:
        async with serving(serve) as port:
            yield {"API__URL": f"http://127.0.0.1:{port}/"}

    return around


def answer(status: str, body: bytes, *headers: str) -> Around:
    """The API answers so to everything."""
    return api(answering(status, body, *headers))


def api_tls(name: str = "127.0.0.1", **server: Any) -> Around:
    """The API over https."""

    @asynccontextmanager
    async def around(stand: Stand) -> AsyncIterator[Mapping[str, str]]:
        context = stand.authority.server(name, **server)
        async with serving(answering("400 Bad Request", ASKED), context) as port:
            yield {
                "API__URL": f"https://127.0.0.1:{port}/",
                "API__CA_FILE": str(stand.authority.file),
            }

    return around


@asynccontextmanager
async def clock(_: Stand) -> AsyncIterator[Mapping[str, str]]:
    """The API's is two hours ahead."""
    theirs = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    async with serving(answering("400 Bad Request", ASKED, f"Date: {theirs}")) as port:
        yield {"API__URL": f"http://127.0.0.1:{port}/"}


def key_file(mode: int) -> Around:
    """The key is in the secrets directory."""

    @asynccontextmanager
    async def around(stand: Stand) -> AsyncIterator[Mapping[str, str]]:
        folder = stand.folder / f"secrets-{mode:o}"
        folder.mkdir(exist_ok=True)
        file = folder / "api__key"
        file.write_text("a-key-from-a-file")
        await asyncio.to_thread(file.chmod, mode)
        yield {"SECRETS_DIR": str(folder)}

    return around


@asynccontextmanager
async def port_taken(_: Stand) -> AsyncIterator[Mapping[str, str]]:
    """Something that is no relay listens there."""
    async with serving(answering("404 Not Found", b"")) as port:
        yield {"ADMIN__HOST": "127.0.0.1", "ADMIN__PORT": str(port)}


KEY = ("API__KEY",)
API = [
    SetUp("the API is a web page with status 200", answer("200 OK", HTML)),
    SetUp("the API is a web page with status 400", answer("400 Bad Request", HTML)),
    SetUp("the API's path is wrong (404)", answer("404 Not Found", HTML)),
    SetUp("the API redirects", answer("301 Moved", b"", "Location: https://elsewhere.test/")),
    SetUp("the API knows no POST (405)", answer("405 Method Not Allowed", b"{}")),
    SetUp("the API refuses the key (401)", answer("401 Unauthorized", b'{"error": "no"}')),
    SetUp(
        "the API refuses the key in words",
        answer("400 Bad Request", b'{"error": "Invalid API key"}'),
    ),
    SetUp("the API fails (500)", answer("500 Internal Server Error", b"")),
    SetUp("the API asks to wait (429)", answer("429 Too Many Requests", b"", "Retry-After: 5")),
    SetUp(
        "the API refuses with other words", answer("400 Bad Request", b'{"error": "Maintenance"}')
    ),
    SetUp("the API hangs up without an answer", answer("", b"")),
    SetUp("the API says nothing", api(silent), bounds=Bounds(each_seconds=2, all_seconds=60)),
    SetUp(
        "nobody listens at the API's port",
        settings={"API__URL": f"http://127.0.0.1:{free_ports(1)[0]}/"},
    ),
    SetUp(
        "the API's name is unknown",
        settings={"API__URL": "http://no-such-api.invalid/", "API__ALLOW_HTTP": "true"},
    ),
    SetUp("the API's certificate has expired", api_tls(ends=timedelta(days=-1))),
    SetUp("the API's certificate is for another name", api_tls("another.test")),
    SetUp("the API's certificate ends next week", api_tls(ends=timedelta(days=7))),
    SetUp("this clock is 2 h off", clock),
    SetUp("there is no key", without=KEY),
]

API = [replace(setup, alone=True) for setup in API]
MACHINE = [
    SetUp(
        "a password that is not escaped",
        settings={"AMQP__URL": "amqp://relay:pa/ss@broker.test/"},
    ),
    SetUp("a setting that is misspelt", settings={"AMQP__PREFECTH": "5"}),
    SetUp("plain http to an API elsewhere", settings={"API__URL": "http://api.test/"}),
    SetUp("the key's file has the mode 0666", key_file(0o666), without=KEY),
    SetUp("the admin port is taken", port_taken),
    SetUp("the drain is shorter than an attempt", settings={"DRAIN_SECONDS": "5"}),
    SetUp(
        "the prefetch is held longer than the broker waits",
        settings={"AMQP__PREFETCH": "5000", "API__RATE_PER_SECOND": "2"},
    ),
]
MACHINE = [replace(setup, alone=True) for setup in MACHINE]


@asynccontextmanager
async def client_certificate(stand: Stand) -> AsyncIterator[Mapping[str, str]]:
    """The broker asks for it."""
    async with tls(asks=True)(stand) as settings:
        yield dict(settings) | {"AMQP__CERT_FILE": str(stand.authority.client())}


GOOD = [
    *AT_A_BROKER,
    SetUp("over TLS with a client certificate", client_certificate),
    SetUp("a prefetch that is set", settings={"AMQP__PREFETCH": "100"}),
    SetUp("a rate that is set", settings={"API__RATE_PER_SECOND": "80"}),
    SetUp("the key from the secrets directory", key_file(0o600), without=KEY),
]
