"""Looking at brokers, API and machine; each look is bounded, and changes nothing."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from service.app.settings import ShownSettings
from service.app.wiring import tls_files
from service.commands.doctor import judging, kinds
from service.commands.doctor.findings import Finding
from service.commands.doctor.management import look as look_at_management
from service.core.topology import Topology, build_whole_topology
from service.edges import certificates
from service.edges.amqp.broker import Broker, BrokerUnreachableError
from service.edges.amqp.examination import examine
from service.edges.amqp.faults import BARE
from service.edges.api.client import (
    HttpOrderApi,
    InvalidApiUrlError,
    UnreadableCaFileError,
)
from service.edges.api.key import FixedKey
from service.edges.tls import client_context
from service.flow.cancellation import is_ours

CHECK_SECONDS = 5.0
ALL_SECONDS = 15.0
"""Of all that is asked one after the other."""

ASKS_FOR_NOTHING = b"action=add"
"""Without a request_id the API answers 400, and places no order: so it says of the key alone."""

Look = AsyncIterator[Finding]


async def all_findings(settings: ShownSettings, secret_files: Iterable[Path]) -> list[Finding]:
    """What is found; the brokers and the API are asked at the same time."""
    topology = build_whole_topology(settings.amqp.namespace, settings.retry.delays_seconds)
    looks = [
        *(_bounded(_broker(settings, url, topology), url) for url in settings.amqp.urls),
        _bounded(_api(settings), settings.api.url),
        _bounded(look_at_management(settings, topology), "management"),
    ]
    found = [Finding(kinds.SETTINGS, "the settings can be used")]
    found += judging.of_settings(settings)
    found += _files(secret_files)
    found += _port(settings)
    several = len(settings.amqp.urls) > 1
    for each in await asyncio.gather(*looks):
        found += each
    found = judging.of_several(found) if several else found
    # What the broker says of an argument its management API says, too, and more.
    return list({(each.kind, each.found.removesuffix(f" {BARE}")): each for each in found}.values())


async def _bounded(look: Look, what: str) -> list[Finding]:
    found: list[Finding] = []
    try:
        async with asyncio.timeout(ALL_SECONDS):
            async for each in look:
                found.append(each)  # noqa: PERF401 - what came before a time-out counts
    # Whatever one look meets, the others are told. aiormq cancels who waits for what is gone.
    except (Exception, asyncio.CancelledError) as error:
        if is_ours(error):
            raise
        name = urlsplit(what).hostname or what
        kind = kinds.SILENT if what.startswith("amqp") else kinds.FAILED
        found.append(Finding(kind, f"{name}: {type(error).__name__}"))
    return found


async def _broker(settings: ShownSettings, url: str, topology: Topology) -> Look:
    files, declares = tls_files(settings.amqp), settings.amqp.topology == "declare"
    broker = Broker([url], files, connect_timeout_seconds=CHECK_SECONDS)
    try:
        seen = await examine(broker, topology, declares=declares)
    except BrokerUnreachableError as error:
        yield judging.of_unreached(str(error), error.fault)
        return
    where = seen.address if len(settings.amqp.urls) > 1 else None
    for each in judging.of_broker(seen, topology, declares=declares, where=where):
        yield each
    parts = urlsplit(url)
    if parts.scheme == "amqps":
        context = client_context(files.ca_file)
        if files.cert_file is not None:
            context.load_cert_chain(files.cert_file, files.key_file)
        ends = await certificates.ends_at(parts.hostname or "", parts.port or 5671, context)
        whose = f"broker {seen.address}"
        for each in judging.of_certificate(kinds.BROKER_EXPIRES, whose, ends, datetime.now(UTC)):
            yield each


async def _api(settings: ShownSettings) -> Look:
    api, url = settings.api, urlsplit(settings.api.url)
    if api.key is None:
        yield Finding(kinds.NO_KEY, "the API was not asked")
        return
    try:
        client = _client(settings, api.key)
    except (InvalidApiUrlError, UnreadableCaFileError) as error:
        yield Finding(kinds.API_UNREACHED, str(error))
        return
    async with client:
        for each in judging.of_api(await client.submit(ASKS_FOR_NOTHING), datetime.now(UTC)):
            yield each
    if url.scheme == "https":
        context = client_context(api.ca_file)
        try:
            ends = await certificates.ends_at(url.hostname or "", url.port or 443, context)
        except OSError:
            return  # Said above, in the words of the attempt.
        for each in judging.of_certificate(
            kinds.API_EXPIRES, f"the API at {url.hostname}", ends, datetime.now(UTC)
        ):
            yield each


def _client(settings: ShownSettings, key: SecretStr) -> HttpOrderApi:
    return HttpOrderApi(
        settings.api.url,
        FixedKey(key),
        timeout_seconds=min(settings.api.timeout_seconds, ALL_SECONDS - 1),
        concurrency=1,
        ca_file=settings.api.ca_file,
    )


def _files(secret_files: Iterable[Path]) -> Iterable[Finding]:
    for file in secret_files:
        # One that is just being rotated is there again in a moment.
        with suppress(OSError):
            yield from judging.of_mode(str(file), file.stat().st_mode)


def _port(settings: ShownSettings) -> Iterable[Finding]:
    host, port = settings.admin.host, settings.admin.port
    if port == 0:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        if taken and _is_relay(host, port):
            yield Finding(kinds.RUNS_HERE, f"a relay answers at port {port}")
        else:
            why = "it is taken" if taken else (error.strerror or "it cannot be had").lower()
            yield Finding(kinds.PORT_TAKEN, f"port {port} of {host}: {why}")


def _is_relay(host: str, port: int) -> bool:
    """Whether what listens there answers as a relay does."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared only
    try:
        with socket.create_connection((here, port), timeout=1) as asking:
            asking.sendall(b"GET /livez HTTP/1.0\r\nHost: relay\r\n\r\n")
            asking.settimeout(1)
            answer = asking.recv(1024)
    except OSError:
        return False
    return answer.startswith((b"HTTP/1.0 200", b"HTTP/1.1 200", b"HTTP/1.1 503")) and (
        b"order-relay" in answer.lower() or b"application/json" in answer.lower()
    )
