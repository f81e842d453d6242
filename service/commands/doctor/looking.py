"""Looking at brokers, API and machine; each look is bounded, and changes nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from ssl import SSLContext
from urllib.parse import urlsplit

from pydantic import SecretStr

from service.app.certificates import tls_files
from service.app.settings import ShownSettings
from service.commands.doctor import api_judging, api_kinds, judging, kinds, machine
from service.commands.doctor.findings import Finding
from service.commands.doctor.management import look as look_at_management
from service.core.topology import Topology, build_whole_topology
from service.edges import certificates
from service.edges.amqp.broker import Broker, BrokerUnreachableError
from service.edges.amqp.examination import examine
from service.edges.amqp.faults import BARE
from service.edges.amqp.questions import SILENT, Bounds
from service.edges.api.client import (
    HttpOrderApi,
    InvalidApiUrlError,
    UnreadableCaFileError,
)
from service.edges.api.key import FixedKey
from service.edges.tls import client_context
from service.flow.cancellation import is_ours

ASKS_FOR_NOTHING = b"action=add"
"""Without a request_id the API answers 400, and places no order: so it says of the key alone."""

BOUNDS = Bounds()
Look = AsyncIterator[Finding]


async def all_findings(
    settings: ShownSettings, secret_files: Iterable[Path], bounds: Bounds = BOUNDS
) -> list[Finding]:
    """What is found; brokers, API and machine are looked at at the same time."""
    topology = build_whole_topology(settings.amqp.namespace, settings.retry.delays_seconds)
    urls = list(dict.fromkeys(settings.amqp.urls))
    looks = [
        _bounded(_machine(settings, secret_files), "this machine", bounds),
        *(_bounded(_broker(settings, url, topology, bounds), url, bounds) for url in urls),
        *(_bounded(_certificate(settings, url, bounds), url, bounds) for url in urls),
        _bounded(_api(settings, bounds), settings.api.url, bounds),
        _bounded(_api_certificate(settings, bounds), settings.api.url, bounds),
        _bounded(look_at_management(settings, topology, bounds), "management", bounds),
    ]
    found = [Finding(kinds.SETTINGS, "the settings can be used")]
    found += judging.of_settings(settings)
    for each in await asyncio.gather(*looks):
        found += each
    found = judging.of_several(found) if len(urls) > 1 else found
    # What the broker says of an argument its management API says, too, and more.
    return list({(each.kind, each.found.removesuffix(f" {BARE}")): each for each in found}.values())


async def _bounded(look: Look, what: str, bounds: Bounds) -> list[Finding]:
    found: list[Finding] = []
    name = urlsplit(what).hostname or what
    try:
        async with asyncio.timeout(bounds.all_seconds):
            async for each in look:
                found.append(each)  # noqa: PERF401 - what came before a time-out counts
    except TimeoutError:
        found.append(Finding(kinds.UNASKED, f"{name}: {SILENT}"))
    # Whatever one look meets, the others are told. aiormq cancels who waits for what is gone.
    except (Exception, asyncio.CancelledError) as error:
        if is_ours(error):
            raise
        found.append(Finding(kinds.FAILED, f"{name}: {type(error).__name__}"))
    return found


async def _broker(settings: ShownSettings, url: str, topology: Topology, bounds: Bounds) -> Look:
    files, declares = tls_files(settings.amqp), settings.amqp.topology == "declare"
    broker = Broker([url], files, connect_timeout_seconds=bounds.each_seconds)
    try:
        seen = await examine(broker, topology, declares=declares, bounds=bounds)
    except BrokerUnreachableError as error:
        yield judging.of_unreached(str(error), error.fault)
        return
    where = seen.address if len(set(settings.amqp.urls)) > 1 else None
    for each in judging.of_broker(seen, topology, declares=declares, where=where):
        yield each


async def _certificate(settings: ShownSettings, url: str, bounds: Bounds) -> Look:
    parts, files = urlsplit(url), tls_files(settings.amqp)
    if parts.scheme != "amqps":
        return
    # What is wrong with it the attempt to connect says.
    with suppress(OSError):
        context = client_context(files.ca_file)
        if files.cert_file is not None:
            context.load_cert_chain(files.cert_file, files.key_file)
        whose = f"broker {parts.hostname}:{parts.port or 5671}"
        ends = await _ends_at(parts.hostname or "", parts.port or 5671, context, bounds)
        for each in judging.of_certificate(kinds.BROKER_EXPIRES, whose, ends, datetime.now(UTC)):
            yield each


async def _ends_at(host: str, port: int, context: SSLContext, bounds: Bounds) -> datetime:
    async with asyncio.timeout(bounds.each_seconds):
        return await certificates.ends_at(host, port, context)


async def _api(settings: ShownSettings, bounds: Bounds) -> Look:
    if settings.api.key is None:
        yield Finding(api_kinds.NO_KEY, "the API was not asked")
        return
    try:
        client = _client(settings, settings.api.key, bounds)
    except (InvalidApiUrlError, UnreadableCaFileError) as error:
        yield Finding(api_kinds.API_UNREACHED, str(error))
        return
    loop = asyncio.get_running_loop()
    async with client:
        until = loop.time() + bounds.each_seconds * 0.99
        result = await client.submit(ASKS_FOR_NOTHING)
        cut_short = settings.api.timeout_seconds > bounds.each_seconds and loop.time() > until
        where = f"the API at {urlsplit(settings.api.url).netloc.rpartition('@')[2]}"
        for each in api_judging.of_api(result, datetime.now(UTC), cut_short=cut_short):
            named = "the API" in each.found
            yield each if named else Finding(each.kind, f"{where}: {each.found}")


async def _api_certificate(settings: ShownSettings, bounds: Bounds) -> Look:
    url = urlsplit(settings.api.url)
    if url.scheme != "https":
        return
    # What is wrong with it the attempt says.
    with suppress(OSError):
        context = client_context(settings.api.ca_file)
        ends = await _ends_at(url.hostname or "", url.port or 443, context, bounds)
        whose = f"the API at {url.hostname}"
        for each in judging.of_certificate(api_kinds.API_EXPIRES, whose, ends, datetime.now(UTC)):
            yield each


def _client(settings: ShownSettings, key: SecretStr, bounds: Bounds) -> HttpOrderApi:
    return HttpOrderApi(
        settings.api.url,
        FixedKey(key),
        timeout_seconds=min(settings.api.timeout_seconds, bounds.each_seconds),
        concurrency=1,
        ca_file=settings.api.ca_file,
    )


async def _machine(settings: ShownSettings, secret_files: Iterable[Path]) -> Look:
    for each in await asyncio.to_thread(machine.findings, settings, secret_files):
        yield each
