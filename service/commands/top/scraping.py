"""Reading a relay's pages over HTTP, with a bound on time, bytes and series."""

import asyncio
import math
import time

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from service.commands.top.figures import MOST, Labels, Samples, Scrape
from service.commands.top.words import shown
from service.edges.api.failures import describe
from service.edges.api.phase import Phase
from service.edges.telemetry import catalogue
from service.edges.tls import client_context

TIMEOUT_SECONDS = 3.0
MOST_BYTES, MOST_SERIES = 4 * 1024 * 1024, 20_000
"""A relay answers with less than a tenth of it."""

# A small compressed answer can be gigabytes.
_HEADERS = {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": "order-relay"}
_TRUST = client_context()
_OURS = (catalogue.PREFIX, "process_")
_NO_LIMIT = {catalogue.RATE_LIMIT.name, catalogue.MEMORY_LIMIT.name}


class ScrapeFailedError(Exception):
    """Nothing of a relay came; the text says why in a few words."""


async def scrape(
    url: str, *, within_seconds: float = TIMEOUT_SECONDS, most_bytes: int = MOST_BYTES
) -> Scrape:
    """The metrics at `url` as they are now. Raises ScrapeFailedError."""
    text = await fetch(url, within_seconds=within_seconds, most_bytes=most_bytes)
    return Scrape(time.monotonic(), parse(text))


async def fetch(
    url: str, *, within_seconds: float = TIMEOUT_SECONDS, most_bytes: int = MOST_BYTES
) -> str:
    """What `url` answers with 200. Raises ScrapeFailedError."""
    body = None
    # A client each time: it has no connection that may be closed by now, and no cookie.
    client = httpx2.AsyncClient(headers=_HEADERS, verify=_TRUST, timeout=None, trust_env=False)
    try:
        # httpx2's own time-outs begin anew with every phase, and with every byte read.
        async with asyncio.timeout(within_seconds), client, client.stream("GET", url) as response:
            if response.status_code != httpx2.codes.OK:
                raise ScrapeFailedError(f"answered {response.status_code}")
            body = bytearray()
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > most_bytes:
                    raise ScrapeFailedError(f"more than {most_bytes // 1024} KiB")
    except TimeoutError:
        raise ScrapeFailedError(f"no answer in {within_seconds:g} s") from None
    except httpx2.RemoteProtocolError as error:
        why = "no HTTP answer" if body is None else "answer broke off"
        raise ScrapeFailedError(why) from error
    except httpx2.TransportError as error:
        raise ScrapeFailedError(describe(error, Phase.READING)) from error
    return body.decode(errors="replace")


def parse(text: str) -> Samples:
    """The usable numbers of the relay and its process. Raises ScrapeFailedError."""
    lines = [line for line in text.split("\n") if line.startswith(_OURS)]
    if not any(line.startswith(catalogue.PREFIX) for line in lines):
        raise ScrapeFailedError("no metrics of a relay")
    if len(lines) > MOST_SERIES:
        raise ScrapeFailedError(f"more than {MOST_SERIES} series")
    try:
        families = list(text_string_to_metric_families("\n".join(lines) + "\n"))
    except Exception as error:
        # The parser meets foreign text with errors of many kinds, IndexError among them.
        raise ScrapeFailedError("metrics that cannot be read") from error
    values: dict[str, dict[Labels, float]] = {}
    for sample in (sample for family in families for sample in family.samples):
        if abs(sample.value) <= MOST or (sample.value == math.inf and sample.name in _NO_LIMIT):
            labels = tuple(sorted((shown(k), shown(v)) for k, v in sample.labels.items()))
            # Labels that differ only in what was made fit to be shown are one series here.
            series = values.setdefault(sample.name, {})
            series[labels] = series.get(labels, 0.0) + sample.value
    return values
