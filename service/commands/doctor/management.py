"""What only RabbitMQ's management API tells: bindings, policies, consumers, alarms, flags."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx2

from service.app.settings import ShownSettings
from service.commands.doctor import judging, kinds
from service.commands.doctor.findings import Finding
from service.core.topology import Queue, Topology
from service.edges.amqp.questions import Bounds, Unanswered, answers
from service.edges.api.failures import describe
from service.edges.api.phase import Phase
from service.edges.tls import client_context

ENDING_SECONDS = 0.5
MOST_BYTES = 16 * 1024 * 1024
OUR_CONSUMER = "order-relay "
"""How the name of each of the relay's connections begins."""

Row = Mapping[str, Any]
Rows = list[dict[str, Any]]


async def look(
    settings: ShownSettings, topology: Topology, bounds: Bounds
) -> AsyncIterator[Finding]:
    """What is found there; that it was not asked, where its URL is not set."""
    url = settings.management.url
    if url is None:
        yield Finding(kinds.NO_MANAGEMENT, "bindings, policies, consumers, alarms, feature flags")
        return
    vhost = unquote(urlsplit(settings.amqp.urls[0]).path[1:]) or "/"
    parts = urlsplit(url.get_secret_value())
    login = (unquote(parts.username or ""), unquote(parts.password or ""))
    base = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")
    trusted = client_context(settings.amqp.ca_file)
    async with httpx2.AsyncClient(
        auth=login, verify=trusted, timeout=None, trust_env=False
    ) as client:
        found = await _findings(Asking(client, base), vhost, topology, bounds)
    where = f"the management API at {urlsplit(base).netloc}"
    away = kinds.MANAGEMENT_AWAY
    found = [Finding(away, f"{where}: {one.found}") if one.kind is away else one for one in found]
    for each in found or [Finding(kinds.MANAGED, f"vhost {vhost} is as it should be")]:
        yield each


class Asking:
    """GETs of the management API, as JSON."""

    def __init__(self, client: httpx2.AsyncClient, base: str) -> None:
        self._client = client
        self._base = base

    async def rows(self, path: str) -> Rows | Unanswered:
        """The objects of a list, or the one that is there; else why not, without a secret."""
        try:
            async with self._client.stream("GET", f"{self._base}/api/{path}") as response:
                if response.status_code == httpx2.codes.NOT_FOUND:
                    return []
                if response.status_code != httpx2.codes.OK:
                    return Unanswered(f"it answered {response.status_code}")
                body = bytearray()
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > MOST_BYTES:
                        return Unanswered(f"it answered more than {MOST_BYTES} bytes")
            value = json.loads(body)
        except (httpx2.HTTPError, ValueError, RecursionError) as error:
            return Unanswered(describe(error, Phase.READING))
        rows = value if isinstance(value, list) else [value]
        return [row for row in rows if isinstance(row, dict)]


async def _findings(ask: Asking, vhost: str, topology: Topology, bounds: Bounds) -> list[Finding]:
    """Each question apart: what one login may not see it says, and the rest is judged."""
    until = asyncio.get_running_loop().time() + bounds.all_seconds - ENDING_SECONDS
    said = (await answers({"": partial(ask.rows, "overview")}, bounds, until))[""]
    if isinstance(said, Unanswered):
        return [Finding(kinds.MANAGEMENT_AWAY, said.why)]
    if not any("rabbitmq_version" in row or "management_version" in row for row in said):
        return [Finding(kinds.MANAGEMENT_AWAY, "it is not RabbitMQ's")]
    place = quote(vhost, safe="")
    queues = {
        queue.name: partial(ask.rows, f"queues/{place}/{quote(queue.name, safe='')}")
        for queue in topology.queues
    }
    others = {
        "bindings": partial(ask.rows, f"bindings/{place}"),
        "exchanges": partial(ask.rows, f"exchanges/{place}?columns=name,policy"),
        "policies": partial(ask.rows, f"policies/{place}"),
        "consumers": partial(ask.rows, f"consumers/{place}"),
        "connections": partial(ask.rows, "connections?columns=name,client_properties"),
        "alarms": partial(ask.rows, "nodes"),
        "feature flags": partial(ask.rows, "feature-flags"),
    }
    seen = await answers(queues | others, bounds, until)
    rows = {what: each for what, each in seen.items() if not isinstance(each, Unanswered)}
    unseen = {what: each.why for what, each in seen.items() if isinstance(each, Unanswered)}
    if not any(row.get("policy") for row in rows.get("exchanges", [])):
        # Whoever may only monitor may not see them, and need not where there is none.
        unseen.pop("policies", None)
    found = [
        Finding(kinds.MANAGEMENT_AWAY, f"{', '.join(w for w in unseen if unseen[w] == why)}: {why}")
        for why in dict.fromkeys(unseen.values())
    ]
    if not any(rows.get(name) for name in queues):
        if not unseen.keys() & queues.keys():
            nothing = f"it knows no queue of the relay in vhost {vhost}"
            found.append(Finding(kinds.MANAGEMENT_AWAY, nothing))
        return found
    return found + list(_judged(rows, topology))


def _judged(rows: Mapping[str, Rows], topology: Topology) -> Iterator[Finding]:
    there = [queue for queue in topology.queues if rows.get(queue.name)]
    for queue in there:
        yield from of_queue(queue, rows[queue.name][0])
    if "bindings" in rows:
        bound = [
            (str(row.get("source")), str(row.get("destination")), str(row.get("routing_key")))
            for row in rows["bindings"]
        ]
        yield from judging.of_bindings(topology, {queue.name for queue in there}, bound)
    yield from of_exchanges(topology, rows.get("exchanges", []), rows.get("policies", []))
    if "consumers" in rows and "connections" in rows:
        requests = topology.requests_queue
        for name in strangers(rows["consumers"], rows["connections"], requests):
            yield Finding(kinds.STRANGER, f"{name} consumes {requests}")
    yield from of_nodes(rows.get("alarms", []))
    yield from of_flags(rows.get("feature flags", []))


def of_queue(queue: Queue, row: Row) -> Iterator[Finding]:
    """Its arguments, and what a policy makes of it."""
    kind = str(row.get("type", "classic"))
    yield from judging.of_arguments(queue, row.get("arguments") or {}, kind)
    definition = row.get("effective_policy_definition") or {}
    yield from judging.of_policy(queue.name, row.get("policy"), definition)


def of_exchanges(
    topology: Topology, exchanges: Iterable[Row], policies: Iterable[Row]
) -> Iterator[Finding]:
    """What a policy makes of each."""
    definitions = {str(row.get("name")): row.get("definition") or {} for row in policies}
    named = {row.get("name"): str(row.get("policy")) for row in exchanges}
    for exchange in topology.exchanges:
        policy = named.get(exchange.name, "")
        yield from judging.of_exchange_policy(exchange, policy, definitions.get(policy, {}))


def of_nodes(nodes: Iterable[Row]) -> Iterator[Finding]:
    """Their alarms."""
    for node in nodes:
        for alarm in ("mem_alarm", "disk_free_alarm"):
            if node.get(alarm):
                yield Finding(kinds.ALARM, f"{node.get('name')}: {alarm}")


def of_flags(flags: Iterable[Row]) -> Iterator[Finding]:
    """The one that dead-lettering needs."""
    for flag in flags:
        if flag.get("name") == "stream_queue" and flag.get("state") == "disabled":
            yield Finding(kinds.NO_FLAG, "stream_queue is disabled")


def strangers(consumers: Iterable[Row], connections: Iterable[Row], queue: str) -> Iterator[str]:
    """The connections that consume the queue and are no relay's."""
    names = {
        row.get("name"): str((row.get("client_properties") or {}).get("connection_name", ""))
        for row in connections
    }
    for row in consumers:
        if (row.get("queue") or {}).get("name") == queue:
            peer = (row.get("channel_details") or {}).get("connection_name", "")
            # One that is not listed yet may be a relay's that has just begun.
            if peer in names and not names[peer].startswith(OUR_CONSUMER):
                yield f"{names[peer] or 'somebody'!a} ({peer})"
