"""Parks messages, has a command killed while it works on them, repeats it, and looks at the end."""

import asyncio
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from pamqp.common import FieldValue

from service.commands.parked.asking import Asking
from service.commands.parked.changing import Change, change
from service.commands.parked.looking import look
from service.commands.parked.place import Place
from service.core.message import Publication
from service.core.parked.acting import Action, Drop, Replay, Resolve, Who
from service.core.parked.found import inspect
from service.core.parked.replaying import derived_id
from service.core.parked.selecting import Selection
from service.edges.amqp.codec import to_properties
from tests.commands.parked.scene import unknown
from tests.core.parked.build import arrived
from tests.trials.parked_kills.killing import run

MESSAGES_A_POINT = 40
TRIES = 2
SILENCE_SECONDS = 30.0
REPLIES = "trial.replies"
WHO = Who("trial", "killed on purpose")
OLD_SECONDS = 90_000.0
KINDS: dict[str, tuple[Action, float]] = {
    "replay": (Replay(), 60.0),
    "anew": (Replay(new_message_id=True, no_order_exists=True), OLD_SECONDS),
    "resolve": (Resolve("ord_1"), 60.0),
    "drop": (Drop(no_order_exists=True), 60.0),
}


@dataclass
class Found:
    """What was seen; `wrong` is empty where all is well."""

    points: int = 0
    parked: int = 0
    killed: int = 0
    left_by_kills: int = 0
    repeated: int = 0
    wrong: list[str] = field(default_factory=list)


def trial(place: Place, url: str, points: int, seed: int, within_seconds: float) -> Found:
    """So many kills, the four actions in turn, or as many as fit into the time."""
    chance, found = random.Random(seed), Found()
    until = time.monotonic() + within_seconds
    asyncio.run(_declare(url))
    expected: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
    lasts = _lasting(place, url)
    for point in range(points):
        if time.monotonic() > until:
            break
        found.points += 1
        kind = list(KINDS)[point % len(KINDS)]
        parked = list(_messages(kind, f"{seed}-{point}"))
        asyncio.run(_park(url, parked))
        found.parked += len(parked)
        for one in parked:
            ends_as = derived_id(inspect(arrived(one))) if kind == "anew" else None
            message_id = one.message.message_id or ""
            expected[kind][message_id] = ends_as or message_id
        _until_done(place, kind, parked, lambda: chance.uniform(0, lasts), found)
    asyncio.run(_judge(place, url, expected, found))
    return found


def _messages(kind: str, name: str) -> Iterator[Publication]:
    _, since_seconds = KINDS[kind]
    # One order answers for one id, of which there may be several copies.
    names = ("one",) * MESSAGES_A_POINT if kind == "resolve" else range(MESSAGES_A_POINT)
    return (unknown(f"{kind}-{name}-{n}", since_seconds) for n in names)


def _until_done(
    place: Place, kind: str, parked: list[Publication], when: Callable[[], float], found: Found
) -> None:
    """The same command again and again, killed each time but the last."""
    ids = frozenset(one.message.message_id or "" for one in parked)
    for number in range(TRIES):
        left = len(asyncio.run(look(place, Selection(ids=ids))))
        if number and left:
            found.left_by_kills += 1
        if not left:
            return
        work = _work(place, kind, ids, left)
        ended = run(work, None if number == TRIES - 1 else when())
        found.killed += ended.code is None
        if ended.code not in (None, 0):
            found.wrong.append(f"{kind}: the command ended with {ended.code}")
    if left := len(asyncio.run(look(place, Selection(ids=ids)))):
        found.wrong.append(f"{kind}: {left} messages are parked still")


def _work(place: Place, kind: str, ids: frozenset[str], count: int) -> Callable[[], int]:
    action, _ = KINDS[kind]
    wanted = Change(action, Selection(ids=ids), WHO, Asking(yes=True, count=count))
    return lambda: int(change(place, wanted))


def _lasting(place: Place, url: str) -> float:
    """How long one command takes that nobody kills, on this machine and now."""
    parked = list(_messages("drop", "first"))
    asyncio.run(_park(url, parked))
    ids = frozenset(one.message.message_id or "" for one in parked)
    began = time.monotonic()
    assert run(_work(place, "drop", ids, len(ids))).code == 0
    return (time.monotonic() - began) * 1.1


async def _declare(url: str) -> None:
    async with await aio_pika.connect(url, timeout=10) as connection:
        channel = await connection.channel()
        arguments: dict[str, FieldValue] = {"x-queue-type": "quorum"}
        queue = await channel.declare_queue(REPLIES, durable=True, arguments=arguments)
        await queue.bind("orders.replies", "#")


async def _park(url: str, parked: list[Publication]) -> None:
    async with await aio_pika.connect(url, timeout=10) as connection:
        channel = await (await connection.channel()).get_underlay_channel()
        for one in parked:
            await channel.basic_publish(
                one.message.body,
                exchange="orders.parked",
                routing_key="",
                properties=to_properties(one.message),
                mandatory=True,
            )


async def _judge(place: Place, url: str, expected: dict[str, dict[str, str]], found: Found) -> None:
    """None lost, none under two ids, none answered in two ways."""
    async with await aio_pika.connect(url, timeout=10) as connection:
        channel = await connection.channel()
        wanted = {*expected["replay"].values(), *expected["anew"].values()}
        requests = await _all(channel, "orders.requests", wanted)
        wanted = {*expected["resolve"], *expected["drop"]}
        replies = await _all(channel, REPLIES, wanted)
    sent = Counter(message.message_id for message in requests)
    answers: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for message in replies:
        body = json.loads(message.body)
        answers[body["request_id"]].add((body["status"], str(body.get("order"))))
    # Those that were dropped to see how long it takes are no part of it.
    found.repeated = sent.total() + len(replies) - MESSAGES_A_POINT - found.parked
    for one in {*expected["replay"].values(), *expected["anew"].values()} - sent.keys():
        found.wrong.append(f"{one}: parked, replayed, and lost")
    known = {*expected["replay"].values(), *expected["anew"].values()}
    found.wrong += [f"{one}: nobody parked it" for one in sent.keys() - known]
    for kind, answer in (("resolve", ("accepted", "ord_1")), ("drop", ("failed", "None"))):
        for one in expected[kind]:
            if answers[one] != {answer}:
                found.wrong.append(f"{kind} {one}: answered {sorted(answers[one])}")
    if left := await look(place, Selection()):
        found.wrong.append(f"{len(left)} messages are parked still")


async def _all(
    channel: aio_pika.abc.AbstractChannel, queue: str, wanted: set[str]
) -> list[AbstractIncomingMessage]:
    """All messages of a queue, once all that are wanted have come, or nothing more comes."""
    source = await channel.get_queue(queue, ensure=False)
    messages: list[AbstractIncomingMessage] = []
    # Behind the last one: forty thousand take longer than any bound for all of them.
    until = time.monotonic() + SILENCE_SECONDS
    while time.monotonic() < until:
        message = await source.get(no_ack=True, fail=False)
        if message is not None:
            messages.append(message)
            until = time.monotonic() + SILENCE_SECONDS
        elif wanted <= {one.message_id or "" for one in messages}:
            break
        else:
            await asyncio.sleep(0.05)
    return messages
