"""Hostile messages and good orders through a real broker, a real relay and the stand-in."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from tests.trials.hostile import messages
from tests.trials.hostile.findings import Finding, Findings
from tests.trials.hostile.mail import Inbox, Sender, parked_by_mark
from tests.trials.hostile.messages import GOOD_EVERY, Case
from tests.trials.hostile.messages_bodies import BODIES
from tests.trials.hostile.messages_envelope import ENVELOPE
from tests.trials.hostile.messages_headers import HEADERS
from tests.trials.hostile.verdict import (
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
RELAYS_CONNECTIONS = 3


@dataclass(slots=True)
class _Sent:
    cases: list[Case] = field(default_factory=list)
    good: list[str] = field(default_factory=list)
    refused: dict[int, list[str]] = field(default_factory=dict)


async def flood(
    host: VirtualHost, directory: Path, count: int, seed: int, findings: Findings
) -> None:
    """Send `count` messages, one in five of them good, and add a finding for each of them."""
    sent = _Sent()
    problems: list[str] = []
    with ApiProcess(directory) as api:
        await api.ready()
        with RelayProcess(directory, host.url, api.url) as relay:
            await relay.consuming()
            async with Inbox.collect(host.url) as inbox:
                before, connected = await relay.metrics(), await _connected(host)
                sender = Sender(host.url)
                for batch in _batches(count, seed):
                    relay.check()
                    await asyncio.to_thread(_send_batch, sender, batch, sent)
                    # At most the backlog is unanswered at a time.
                    goal = len(sent.good) - BACKLOG // GOOD_EVERY
                    await _until_good(inbox, goal, STANDSTILL_SECONDS)
                    findings.progress(len(sent.cases) + len(sent.good))
                sender.close()
                await _until_settled(host, inbox, sent)
                problems += judge_metrics(before, await relay.metrics())
                if not set(connected) <= set(_connections(host)):
                    problems.append(f"they were {connected}, and are {_connections(host)}")
                ledger = await api.ask("GET", "/ledger")
                kept = {name: n for name, n in left(host.queues()).items() if "parked" not in name}
                problems += [f"{name} still has {n}" for name, n in kept.items()]
            if (code := await relay.stop()) != 0:
                problems.append(f"the relay ended with {code}")
    parked, strange = parked_by_mark(Sender(host.url).take_all(b"orders.parked"))
    problems += [f"parked, and unknown: {message!r:.300}" for message in strange]
    problems += judge_log(relay.log.read_text(encoding="utf-8").splitlines(), KEY)
    problems += judge_inbox(inbox, KEY)
    if ledger["more_than_one_order"]:
        problems.append(f"{ledger['more_than_one_order']} ids made more than one order")
    orders = {name: entry["orders"] for name, entry in ledger["by_request_id"].items()}
    for finding in (
        *judge(sent.cases, sent.refused, inbox, parked),
        *judge_good(sent.good, inbox, orders),
        Finding("the relay itself", "log, metrics, connections", tuple(problems)),
    ):
        findings.add(finding)


async def _connected(host: VirtualHost) -> list[str]:
    """Both connections of the relay and that of the replies, once the broker has counted them."""

    async def counted() -> bool:
        return len(_connections(host)) >= RELAYS_CONNECTIONS + 1

    await until(counted, "the broker lists all connections")
    return _connections(host)


def _connections(host: VirtualHost) -> list[str]:
    return sorted(host.node.connections(host.name))


def _batches(count: int, seed: int) -> Iterator[list[Case | Order]]:
    hostile = messages.many(FAMILIES, count - count // GOOD_EVERY, seed)
    orders = new_orders("good", count // GOOD_EVERY)
    mixed = (
        next(orders) if number % GOOD_EVERY == GOOD_EVERY - 1 else next(hostile)
        for number in range(count)
    )
    while batch := list(islice(mixed, BATCH)):
        yield batch


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
