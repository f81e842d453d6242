"""Hostile messages and good orders through a real broker, a real relay and the stand-in."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from tests.trials.hostile import messages
from tests.trials.hostile.findings import Finding, Findings
from tests.trials.hostile.mail import Inbox, Sender, parked_by_mark
from tests.trials.hostile.messages import GOOD_EVERY, Case
from tests.trials.hostile.messages_bodies import BODIES
from tests.trials.hostile.messages_envelope import ENVELOPE
from tests.trials.hostile.messages_headers import HEADERS
from tests.trials.hostile.verdict import (
    Seen,
    judge,
    judge_good,
    judge_inbox,
    judge_log,
    judge_metrics,
)
from tests.world.broker import BrokerError, VirtualHost
from tests.world.broker.wire import Raw
from tests.world.load import ApiProcess, Order, RelayProcess, left, new_orders, until
from tests.world.load.processes import KEY

FAMILIES = (*ENVELOPE, *HEADERS, *BODIES)
SETTLED_SECONDS = 120.0
STANDSTILL_SECONDS = 60.0
BACKLOG = 400
BATCH = 40
RELAYS_CONNECTIONS = 2


@dataclass(slots=True)
class _Sent:
    cases: list[Case] = field(default_factory=list)
    good: list[str] = field(default_factory=list)
    refused: dict[int, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Outcome:
    inbox: Inbox
    sent: _Sent
    ledger: dict[str, Any]
    problems: list[str]


async def flood(
    host: VirtualHost, directory: Path, count: int, seed: int, findings: Findings
) -> None:
    """Send so many messages, one in five of them good, and add a finding for each of them."""
    with ApiProcess(directory) as api:
        await api.ready()
        with RelayProcess(directory, host.url, api.url) as relay:
            await relay.consuming()
            outcome = await _through(host, relay, api, _Plan(count, seed, findings))
            if (code := await relay.stop()) != 0:
                outcome.problems.append(f"the relay ended with {code}")
    parked, strange = parked_by_mark(Sender(host.url).take_all(b"orders.parked"))
    lines = relay.log.read_text(encoding="utf-8").splitlines()
    problems = [
        *outcome.problems,
        *(f"parked, and unknown: {message!r:.300}" for message in strange),
        *judge_log(lines, KEY),
        *judge_inbox(outcome.inbox, KEY),
    ]
    sent, inbox = outcome.sent, outcome.inbox
    entries = outcome.ledger["by_request_id"]
    orders = {name: entry["orders"] for name, entry in entries.items()}
    for finding in judge(sent.cases, Seen(sent.refused, inbox, parked)):
        findings.add(finding)
    for finding in judge_good(sent.good, inbox, orders):
        findings.add(finding)
    findings.add(Finding("the relay itself", "log, metrics, connections", tuple(problems)))


@dataclass(frozen=True, slots=True)
class _Plan:
    count: int
    seed: int
    findings: Findings


async def _through(
    host: VirtualHost, relay: RelayProcess, api: ApiProcess, plan: _Plan
) -> _Outcome:
    """All messages sent and settled, and what the relay and the broker say of themselves."""
    async with Inbox.collect(host.url) as inbox:
        before, connected = await relay.metrics(), await _connected(host)
        sent = await _send(Sender(host.url), inbox, relay, plan)
        await _until_settled(host, inbox, sent)
        problems = list(judge_metrics(before, await relay.metrics()))
        if not set(connected) <= set(_connections(host)):
            problems.append(f"the connections were {connected}, and are {_connections(host)}")
        ledger = await api.ask("GET", "/ledger")
        if ledger["more_than_one_order"]:
            problems.append(f"{ledger['more_than_one_order']} ids made more than one order")
        waiting = left(host.queues())
        problems += [f"{name} still has {n}" for name, n in waiting.items() if "parked" not in name]
    return _Outcome(inbox, sent, ledger, problems)


async def _connected(host: VirtualHost) -> list[str]:
    """Both connections of the relay and that of the replies, once the broker has counted them."""

    async def counted() -> bool:
        return len(_connections(host)) >= RELAYS_CONNECTIONS + 1

    await until(counted, "the broker lists all connections")
    return _connections(host)


def _connections(host: VirtualHost) -> list[str]:
    return sorted(host.node.connections(host.name))


async def _send(sender: Sender, inbox: Inbox, relay: RelayProcess, plan: _Plan) -> _Sent:
    """All messages, at most so many of them unanswered at a time."""
    sent = _Sent()
    mixed = _mixed(plan.count, plan.seed)
    while batch := list(islice(mixed, BATCH)):
        relay.check()
        await asyncio.to_thread(_send_batch, sender, batch, sent)
        await _until_good(inbox, len(sent.good) - BACKLOG // GOOD_EVERY, STANDSTILL_SECONDS)
        plan.findings.progress(len(sent.cases) + len(sent.good))
    sender.close()
    return sent


def _mixed(count: int, seed: int) -> Iterator[Case | Order]:
    hostile = messages.many(FAMILIES, count - count // GOOD_EVERY, seed)
    orders = new_orders("good", count // GOOD_EVERY)
    for number in range(count):
        yield next(orders) if number % GOOD_EVERY == GOOD_EVERY - 1 else next(hostile)


def _send_batch(sender: Sender, batch: list[Case | Order], sent: _Sent) -> None:
    for message in batch:
        if isinstance(message, Case):
            sent.cases.append(message)
            if refusals := sender.send(message):
                sent.refused[message.number] = refusals
        else:
            sent.good.append(message.request_id)
            request_id = message.request_id.encode()
            properties: dict[str, Raw] = {"message_id": request_id, "delivery_mode": 2}
            sender.send(Case("good", "", 0, properties, bodies=(message.body,)))


async def _until_settled(host: VirtualHost, inbox: Inbox, sent: _Sent) -> None:
    """Nothing is left in the queues of requests, and the good orders are answered.

    What is not so in time is found by the verdict.
    """
    with suppress(AssertionError, BrokerError):
        await _until_good(inbox, len(sent.good), SETTLED_SECONDS)
        await host.until(
            lambda queues: left(queues).keys() <= {"orders.parked"}, timeout_seconds=SETTLED_SECONDS
        )


async def _until_good(inbox: Inbox, count: int, seconds: float) -> None:
    what = f"not {count} good orders are answered"
    await inbox.until(lambda: len(inbox.good) >= count, what, timeout_seconds=seconds)
