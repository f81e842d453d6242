"""`unrouted list`, `show` and `deliver`."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from service.app.exit_codes import ExitCode
from service.commands.parked import words
from service.commands.parked.acting import Task
from service.commands.parked.asking import Asking
from service.commands.parked.changing import carry_out
from service.commands.parked.looking import fail, say
from service.commands.parked.place import Place
from service.commands.top.words import NOTHING, count, shown
from service.core.message import Received
from service.core.parked.acting import Planned, Refused
from service.core.parked.replies import Choice, Unrouted, deliver, handle_of, read_reply
from service.core.parked.writing import whole
from service.edges.amqp.delivery import AmqpDelivery
from service.edges.amqp.held import FAILURES, Held, why

_ROW = "{:<12}  {:>8}  {:<9} {:<30} {}"


async def look(place: Place, choice: Choice) -> list[Unrouted]:
    """The replies that are meant, as they stand in the queue."""

    def keep(delivery: AmqpDelivery) -> Unrouted | None:
        reply = read_reply(delivery.received)
        return reply if choice.takes(reply) else None

    return await place.look(keep)


def list_unrouted(place: Place, choice: Choice, *, as_json: bool, limit: int) -> ExitCode:
    """Say which there are; as JSON each whole, on a line of its own."""
    try:
        found = asyncio.run(look(place, choice))
    except FAILURES as error:
        return fail(why(error))
    if as_json:
        for one in found:
            say(json.dumps({"handle": one.handle, "status": one.status, **whole(one.received)}))
        return ExitCode.OK
    for line in _summary(found, place.queue):
        say(line)
    for line in _rows(found, datetime.now(UTC), limit):
        say(line)
    return ExitCode.OK


def show_unrouted(place: Place, wanted: str) -> ExitCode:
    """Say all of one reply, or of all with one id."""
    try:
        found = asyncio.run(look(place, Choice(ids=frozenset({wanted}))))
    except FAILURES as error:
        return fail(why(error))
    if not found:
        return fail(f"{place.queue} has no reply with this id or handle: {shown(wanted)}")
    for one in found:
        for line in words.properties(one.handle, one.received, datetime.now(UTC)):
            say(line)
        say("")
    return ExitCode.OK


def deliver_unrouted(place: Place, choice: Choice, asking: Asking, rate: float | None) -> ExitCode:
    """Publish them once more; those for which nobody is bound still stay where they are."""
    try:
        found = asyncio.run(look(place, choice))
    except FAILURES as error:
        return fail(why(error))
    if not found:
        return fail(f"{place.queue} has no such reply")
    for line in _summary(found, place.queue):
        say(line)
    if not asking.agreed(len(found), "deliver"):
        return ExitCode.OK if asking.dry_run else ExitCode.CHECK_FAILED
    unbound: set[str] = set()

    def plan(received: Received, _: datetime) -> Planned | Refused:
        if received.routing_key in unbound:
            return Refused(_nobody(received))
        return deliver(received)

    async def in_vain(held: Held[AmqpDelivery], received: Received) -> str | None:
        handle = handle_of(received)
        # Confirmed, the copy is back already if it went nowhere else: the alternate exchange.
        for newer in await held.newer():
            if handle_of(newer.received) == handle:
                await newer.ack()
                unbound.add(received.routing_key)
                return _nobody(received)
        return None

    task = Task(Counter(one.handle for one in found), handle_of, plan, rate, in_vain)
    tally = carry_out(place, task)
    return ExitCode.OK if tally.done == len(found) else ExitCode.CHECK_FAILED


def _nobody(received: Received) -> str:
    key = shown(received.routing_key, words.LONGEST_ID)
    return f"no queue took it: none is bound for {key}, or it refused"


def _summary(found: Sequence[Unrouted], queue: str) -> Iterator[str]:
    yield f"{words.messages(len(found))} in {queue}"
    keys = Counter((one.routing_key, one.status) for one in found)
    for (key, status), number in keys.most_common():
        yield f"{count(number):>9}  {shown(status or NOTHING):<9} {shown(key, words.LONGEST_ID)}"


def _rows(found: Sequence[Unrouted], now: datetime, limit: int) -> Iterator[str]:
    if not found:
        return
    yield _ROW.format("handle", "answered", "status", "routing key", "message id")
    for one in found[: limit or None]:
        ago, status = words.age(one.answered_at, now), shown(one.status or NOTHING)
        key, request_id = (shown(text or NOTHING, words.LONGEST_ID) for text in _names(one))
        yield _ROW.format(one.handle, ago, status, key, request_id)
    if limit and len(found) > limit:
        yield f"... and {count(len(found) - limit)} more; --limit 0 shows all"


def _names(one: Unrouted) -> tuple[str, str | None]:
    return one.routing_key, one.request_id
