"""Asking the relays where an order is, each by its admin port."""

import asyncio
import json
import socket
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote, urlsplit

from service.commands.top.scraping import ScrapeFailedError, fetch
from service.commands.trace.places import End, Relay, Said, Silent
from service.core.times import from_rfc3339
from service.flow.held_orders import Stage, Stand

WITHIN_SECONDS = 3.0
MOST_BYTES = 256 * 1024
"""Each copy that waits with this id takes some hundred."""

MOST_STANDS = 1000


class UnreadableAnswerError(ValueError):
    """It is not what a relay says."""


async def ask(urls: Iterable[str], message_id: str) -> list[Relay]:
    """What the relays at these addresses say; a name is asked at each address that it has."""
    found = await asyncio.gather(*(_each_address(url) for url in urls))
    each = dict.fromkeys(one for several in found for one in several)
    return list(await asyncio.gather(*(_ask(url, message_id) for url in each)))


async def _each_address(url: str) -> list[str]:
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        return [url]
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            found = await loop.getaddrinfo(
                parts.hostname, parts.port or 80, type=socket.SOCK_STREAM
            )
    except (OSError, UnicodeError, TimeoutError):
        return [url]
    # Of one kind: a pod with an address of both would be asked twice.
    kinds = [family for family, *_ in found]
    kind = socket.AF_INET if socket.AF_INET in kinds else socket.AF_INET6
    hosts = dict.fromkeys(str(address[0]) for family, *_, address in found if family is kind)
    port = f":{parts.port}" if parts.port else ""
    named = (f"[{host}]" if ":" in host else host for host in hosts)
    return [parts._replace(netloc=f"{host}{port}").geturl() for host in named]


async def _ask(url: str, message_id: str) -> Relay:
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2] + parts.path.rstrip("/")
    # An id of dots alone would be a way up.
    escaped = quote(message_id.encode("utf-8", "surrogateescape"), safe="").replace(".", "%2E")
    page = parts._replace(path=f"{parts.path.rstrip('/')}/orders/{escaped}").geturl()
    try:
        text = await fetch(page, within_seconds=WITHIN_SECONDS, most_bytes=MOST_BYTES)
        return read(text, address)
    except ScrapeFailedError as error:
        return Silent(address, str(error))
    except UnreadableAnswerError:
        return Silent(address, "it does not answer as a relay")


def read(text: str, address: str) -> Said:
    """What a relay says. Raises UnreadableAnswerError."""
    try:
        match json.loads(text):
            case {
                "in_hand": list(held),
                "wait": wait,
                "ends": list(ends),
                "reasons": list(reasons),
            }:
                return Said(
                    address,
                    tuple(_stand(one) for one in held[:MOST_STANDS]),
                    None if wait is None else _wait(wait),
                    tuple(_end(one, address) for one in ends[:MOST_STANDS]),
                    tuple(str(reason) for reason in reasons[:MOST_STANDS]),
                )
            case _:
                raise UnreadableAnswerError
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswerError from error


def _stand(one: object) -> Stand:
    match one:
        case {"stage": str(stage), "since": str(since), "until": until}:
            return Stand(Stage(stage), from_rfc3339(since), _moment(until))
        case _:
            raise UnreadableAnswerError


def _wait(one: object) -> tuple[int, datetime]:
    match one:
        case {"tier_seconds": int(tier), "until": str(until)}:
            return tier, from_rfc3339(until)
        case _:
            raise UnreadableAnswerError


def _end(one: object, address: str) -> End:
    match one:
        case {"status": str(status), "code": code, "answered_at": str(at)}:
            told = str(code) if code is not None else None
            return End(status, told, None, from_rfc3339(at), f"the relay at {address}")
        case _:
            raise UnreadableAnswerError


def _moment(text: object) -> datetime | None:
    return from_rfc3339(text) if isinstance(text, str) else None
