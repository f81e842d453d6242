"""How the tests make the edge, and an order to send through it."""

import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from service.edges.api.client import HttpOrderApi
from service.edges.api.key import FixedKey, KeySource
from tests.edges.api.server import Behaviour, Server, serving
from tests.edges.api.tls import Authority

KEY = "k3y/0f+the account&"
"""It looks different raw, URL-encoded and JSON-escaped."""

FORM = b"action=add&service=1&link=https%3A%2F%2Fexample.org%2F&quantity=100&request_id=o-7"

ANSWER = b'{"order": "ord_1"}'

SHORT_SECONDS = 0.5
"""The time-out of attempts that are meant to run into it, and long enough to connect before."""


def order_api(
    url: str,
    *,
    key: KeySource | None = None,
    timeout_seconds: float = 10.0,
    concurrency: int = 4,
    ca_file: Path | None = None,
    headers: Callable[[], Mapping[str, str]] | None = None,
) -> HttpOrderApi:
    """The edge with settings that no test trips over by chance."""
    return HttpOrderApi(
        url,
        key or FixedKey(KEY),
        timeout_seconds=timeout_seconds,
        concurrency=concurrency,
        ca_file=ca_file,
        headers=headers,
    )


@asynccontextmanager
async def against(
    behaviour: Behaviour,
    tls: ssl.SSLContext | None = None,
    *,
    authority: Authority | None = None,
    **settings: Any,
) -> AsyncIterator[tuple[Server, HttpOrderApi]]:
    """A server that behaves so, and the edge that sends to it, both of the authority if any."""
    if authority is not None:
        tls, settings["ca_file"] = tls or authority.server(), authority.file
    async with serving(behaviour, tls) as server, order_api(server.url, **settings) as api:
        yield server, api
