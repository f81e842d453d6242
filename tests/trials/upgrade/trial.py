"""The previous release alone, both, this one alone, both, the previous one: no order is harmed."""

import asyncio
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.world.broker import BrokerError, VirtualHost
from tests.world.load import left
from tests.world.producer import GOOD, Producer
from tests.world.relay_process import RelayProcess, environment
from tests.world.standin import Options, RequestIdIs, StandIn
from tests.world.standin.faults import ResetAfter
from tests.world.standin.matching import AtRandom

KEY = "test-key"
LOST_SHARE = 0.3
LOST_ORDERS = 3
WAIT_SECONDS = 120.0


@dataclass
class Found:
    """What was seen; `wrong` is empty where all is well."""

    orders: int = 0
    by_previous: int = 0
    by_this: int = 0
    redelivered: int = 0
    retried: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Stage:
    """Where it happens: the virtual host, the API, and the folder of the previous release."""

    host: VirtualHost
    api: StandIn
    previous: Path

    def settings(self) -> dict[str, object]:
        """The same for both; short waits, so that the orders go through the retry queues."""
        return {
            "AMQP__URL": self.host.url,
            "API__URL": self.api.url,
            "API__KEY": KEY,
            "RETRY__DELAYS_SECONDS": "1,2",
            "RETRY__MAX_ATTEMPTS": 10,
            "LOG__FORMAT": "json",
        }


async def trial(host: VirtualHost, previous: Path, orders: int) -> Found:
    """So many orders in each of five phases; every answer of the API is lost with a share."""
    found = Found()
    async with StandIn(Options(keys=frozenset({KEY}))) as api:
        stage = Stage(host, api, previous)
        api.faults.add(ResetAfter(), RequestIdIs(request_id="lost-*"), times=None)
        api.faults.add(ResetAfter(), AtRandom(share=LOST_SHARE), times=None)
        ids = await _phases(stage, orders, found)
        _judge_ledger(api, ids, found)
        await _judge_queues(host, found)
        await _judge_parked(host, found)
    return found


async def _phases(stage: Stage, orders: int, found: Found) -> list[str]:
    """The ids that were sent, all of them answered."""
    settings = stage.settings()

    async def send(phase: str) -> list[str]:
        ids = [f"{phase}-{number}" for number in range(orders)]
        for one in ids:
            await producer.send(one, GOOD)
        return ids

    async with RelayProcess.start(settings, cwd=stage.previous) as old:
        await old.event("consuming")
        async with Producer.connect(stage.host.url) as producer:
            lost = [f"lost-{number}" for number in range(LOST_ORDERS)]
            for one in lost:
                await producer.send(one, GOOD)
            ids = await send("previous")
            async with RelayProcess.start(settings) as new:
                await new.event("consuming")
                ids += await send("both")
                # They hold orders, and have others in the retry queues, when they are ended.
                await _ended(old, found)
                ids += await send("this")
                async with RelayProcess.start(settings, cwd=stage.previous) as again:
                    await again.event("consuming")
                    ids += await send("again")
                    await _ended(new, found)
                    ids += await send("back")
                    await _answered(producer, ids, lost, found)
                    await _ended(again, found)
    found.orders = len(ids)
    for relay, name in ((old, "by_previous"), (again, "by_previous"), (new, "by_this")):
        answered = [line for line in relay.lines if line.get("event") == "answered"]
        setattr(found, name, getattr(found, name) + len(answered))
        found.retried += sum(line.get("event") == "retry" for line in relay.lines)
        found.redelivered += sum(bool(line.get("redelivered")) for line in answered)
        troubles = {line["event"] for line in relay.lines if line.get("level") == "error"}
        found.wrong += [f"{name}: a line {event!r}" for event in sorted(troubles)]
    return ids


async def _ended(relay: RelayProcess, found: Found) -> None:
    relay.process.terminate()
    if code := await relay.exit_code():
        found.wrong.append(f"a relay ended with {code}")


async def _answered(producer: Producer, ids: list[str], lost: list[str], found: Found) -> None:
    for one in (*ids, *lost):
        reply = await producer.reply(one, timeout_seconds=WAIT_SECONDS)
        wanted = "unknown" if one in lost else "accepted"
        if reply["status"] != wanted:
            found.wrong.append(f"{one}: {reply}")
        said = {(each["status"], each.get("order")) for each in _bodies(producer, one)}
        if len(said) > 1:
            found.wrong.append(f"{one}: differing replies {sorted(map(str, said))}")


def _bodies(producer: Producer, message_id: str) -> list[dict[str, str]]:
    return [json.loads(reply.body) for reply in producer.replies[message_id]]


def _judge_ledger(api: StandIn, ids: list[str], found: Found) -> None:
    for one in ids:
        entry = api.ledger.entries[one]
        if (entry.orders, entry.conflicts) != (1, 0):
            found.wrong.append(f"{one}: {entry.orders} orders, {entry.conflicts} other forms")


async def _judge_queues(host: VirtualHost, found: Found) -> None:
    try:
        await host.until(lambda queues: set(left(queues)) <= {"orders.parked"}, timeout_seconds=20)
    except BrokerError as error:
        found.wrong.append(str(error))


async def _judge_parked(host: VirtualHost, found: Found) -> None:
    """The commands of now read what the previous one parked, and end it."""
    for command in (
        ("list", "--json"),
        ("resolve", "lost-0", "--order", "23501", "--reason", "seen", "--yes", "--count", "1"),
    ):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "service", "parked", *command),
            env=environment(AMQP__URL=host.url),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        if process.returncode or (command[0] == "list" and said.count(b'"lost-') < LOST_ORDERS):
            found.wrong.append(f"parked {command[0]}: {said.decode()[-500:]}")
