"""What only RabbitMQ's management API tells: bindings, policies, consumers, alarms, flags."""

from collections.abc import AsyncIterator, Iterable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx2

from service.app.settings import ShownSettings
from service.commands.doctor import judging, kinds
from service.commands.doctor.findings import Finding
from service.core.topology import Topology
from service.edges.api.failures import describe
from service.edges.api.phase import Phase
from service.edges.tls import client_context

WITHIN_SECONDS = 5.0
MOST_BYTES = 16 * 1024 * 1024
OUR_CONSUMER = "order-relay "
"""How the name of each of the relay's connections begins."""


class UnusableAnswerError(Exception):
    """The management API did not answer as it should; the text has no secret."""


async def look(settings: ShownSettings, topology: Topology) -> AsyncIterator[Finding]:
    """What is found there; that it was not asked, where its URL is not set."""
    url = settings.management.url
    if url is None:
        yield Finding(kinds.NO_MANAGEMENT, "bindings, policies, consumers, alarms, feature flags")
        return
    found: list[Finding] = []
    vhost = unquote(urlsplit(settings.amqp.urls[0]).path[1:]) or "/"
    parts = urlsplit(url.get_secret_value())
    login = (unquote(parts.username or ""), unquote(parts.password or ""))
    base = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")
    trusted = client_context(settings.amqp.ca_file)
    client = httpx2.AsyncClient(auth=login, verify=trusted, timeout=WITHIN_SECONDS, trust_env=False)
    async with client:
        try:
            async for each in _findings(Asking(client, base), vhost, topology):
                found.append(each)  # noqa: PERF401 - what was found before counts
        except UnusableAnswerError as error:
            found.append(Finding(kinds.MANAGEMENT_AWAY, str(error)))
    for each in found or [Finding(kinds.MANAGED, f"vhost {vhost} is as it should be")]:
        yield each


class Asking:
    """GETs of the management API, as JSON."""

    def __init__(self, client: httpx2.AsyncClient, base: str) -> None:
        self._client = client
        self._base = base

    async def rows(self, path: str) -> list[dict[str, Any]]:
        """The objects of a list, or the one that is there; UnusableAnswerError."""
        try:
            async with self._client.stream("GET", f"{self._base}/api/{path}") as response:
                if response.status_code == httpx2.codes.NOT_FOUND:
                    return []
                if response.status_code != httpx2.codes.OK:
                    raise UnusableAnswerError(f"it answered {response.status_code}")
                body = bytearray()
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > MOST_BYTES:
                        raise UnusableAnswerError(f"it answered more than {MOST_BYTES} bytes")
            value = httpx2.Response(200, content=bytes(body)).json()
        except (httpx2.HTTPError, ValueError) as error:
            raise UnusableAnswerError(describe(error, Phase.READING)) from None
        rows = value if isinstance(value, list) else [value]
        return [row for row in rows if isinstance(row, dict)]


async def _findings(ask: Asking, vhost: str, topology: Topology) -> AsyncIterator[Finding]:
    place = quote(vhost, safe="")
    if not await ask.rows("overview"):
        raise UnusableAnswerError("it is not RabbitMQ's")
    queues = set[str]()
    for queue in topology.queues:
        for row in await ask.rows(f"queues/{place}/{quote(queue.name, safe='')}"):
            queues.add(queue.name)
            arguments, kind = row.get("arguments") or {}, str(row.get("type", "classic"))
            for each in judging.of_arguments(queue, arguments, kind):
                yield each
            definition = row.get("effective_policy_definition") or {}
            for each in judging.of_policy(queue.name, row.get("policy"), definition):
                yield each
    if not queues:
        raise UnusableAnswerError(f"it knows no queue of the relay in vhost {vhost}")
    bindings = await ask.rows(f"bindings/{place}")
    there = [
        (str(row.get("source")), str(row.get("destination")), str(row.get("routing_key")))
        for row in bindings
    ]
    for each in judging.of_bindings(topology, queues, there):
        yield each
    async for each in _surroundings(ask, place, topology.requests_queue):
        yield each


async def _surroundings(ask: Asking, place: str, requests: str) -> AsyncIterator[Finding]:
    for name in await _strangers(ask, place, requests):
        yield Finding(kinds.STRANGER, f"{name} consumes {requests}")
    for node in await ask.rows("nodes"):
        for alarm in ("mem_alarm", "disk_free_alarm"):
            if node.get(alarm):
                yield Finding(kinds.ALARM, f"{node.get('name')}: {alarm}")
    for flag in await ask.rows("feature-flags"):
        if flag.get("name") == "stream_queue" and flag.get("state") == "disabled":
            yield Finding(kinds.NO_FLAG, "stream_queue is disabled")


async def _strangers(ask: Asking, place: str, queue: str) -> Iterable[str]:
    """The connections that consume the queue and are no relay's."""
    connections = await ask.rows("connections?columns=name,client_properties")
    names = {
        row.get("name"): str((row.get("client_properties") or {}).get("connection_name", ""))
        for row in connections
    }
    found = []
    for row in await ask.rows(f"consumers/{place}"):
        if (row.get("queue") or {}).get("name") == queue:
            peer = (row.get("channel_details") or {}).get("connection_name", "")
            if not names.get(peer, "").startswith(OUR_CONSUMER):
                found.append(f"{names.get(peer) or 'somebody'!a} ({peer})")
    return found
