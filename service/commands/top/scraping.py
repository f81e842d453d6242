"""Asking relays for their metrics, with a bound on time and size.

Not urllib: its time-out begins anew with every byte, it follows redirects and proxies of the
environment, and it runs in a thread that cannot be cancelled when a person quits.
"""

import asyncio
import http.client
import ssl
from io import BytesIO
from typing import Any, cast
from urllib.parse import urlsplit

from service.commands.top.parsing import UnreadableMetricsError, parse
from service.commands.top.samples import Scrape, shown
from service.flow.ports import Clock

TIMEOUT_SECONDS = 3.0
MOST_BYTES = 4 * 1024 * 1024
"""A relay answers with less than a tenth of it."""


class ScrapeFailedError(Exception):
    """No metrics came; the text says why in a few words."""


class _Received:
    """What http.client takes for a socket: the whole answer, read already."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> BytesIO:
        return BytesIO(self._data)


async def scrape(
    url: str,
    clock: Clock,
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
    most_bytes: int = MOST_BYTES,
) -> Scrape:
    """The metrics at `url` as they are now; ScrapeFailedError after `timeout_seconds` at most."""
    try:
        async with asyncio.timeout(timeout_seconds):
            data = await _fetch(url, most_bytes)
        values = parse(_body(data))
    except TimeoutError:
        raise ScrapeFailedError(f"no answer in {timeout_seconds:g} s") from None
    except UnreadableMetricsError as error:
        raise ScrapeFailedError(str(error)) from error
    except http.client.IncompleteRead as error:
        raise ScrapeFailedError("answer broke off") from error
    except http.client.HTTPException as error:
        raise ScrapeFailedError("no HTTP answer") from error
    except (OSError, ValueError) as error:
        raise ScrapeFailedError(_plain(error)) from error
    return Scrape(clock.monotonic(), clock.now().timestamp(), values)


async def _fetch(url: str, most_bytes: int) -> bytes:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(
        parts.hostname, port, ssl=ssl.create_default_context() if secure else None
    )
    try:
        # 1.0: the answer ends with the connection, and comes in one piece.
        target = parts._replace(scheme="", netloc="").geturl()
        writer.write(
            f"GET {target} HTTP/1.0\r\nHost: {parts.netloc}\r\nAccept: text/plain\r\n"
            "User-Agent: order-relay top\r\nConnection: close\r\n\r\n".encode("ascii")
        )
        return await _read(reader, most_bytes)
    finally:
        writer.close()


async def _read(reader: asyncio.StreamReader, most_bytes: int) -> bytes:
    data = bytearray()
    while piece := await reader.read(65_536):
        data += piece
        if len(data) > most_bytes:
            raise ScrapeFailedError(f"more than {most_bytes // 1024} KiB")
    return bytes(data)


def _body(data: bytes) -> str:
    response = http.client.HTTPResponse(cast("Any", _Received(data)))
    response.begin()
    if response.status != http.client.OK:
        raise ScrapeFailedError(f"answered {response.status}")
    return response.read().decode("utf-8", errors="replace")


def _plain(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return shown(str(error) or type(error).__name__)
