"""`parked list` and `parked show`: looking, which changes nothing."""

import asyncio
import gc
import json
import sys
from datetime import UTC, datetime

from service.app.exit_codes import ExitCode
from service.commands.parked import words
from service.commands.parked.place import Place
from service.commands.top.words import shown
from service.core.message import Message, Received
from service.core.parked.found import Parked, inspect
from service.core.parked.selecting import Selection, grouped, in_order
from service.core.parked.writing import group_to_json, to_json
from service.edges.amqp.delivery import AmqpDelivery
from service.edges.amqp.held import FAILURES, why

LONGEST_FAILURE = 600
_LEFT_OUT = Received(Message(b""))


async def look(place: Place, selection: Selection, *, whole: bool = True) -> list[Parked]:
    """What is meant of the parked messages, oldest first.

    Where it need not be `whole`, the messages themselves are left out.
    """
    now = datetime.now(UTC)

    def keep(delivery: AmqpDelivery) -> Parked | None:
        # A hundred thousand messages take half a gigabyte.
        left_out = None if whole or selection.text is not None else _LEFT_OUT
        found = inspect(delivery.received, left_out)
        return found if selection.takes(found, now) else None

    # All that is made stays: the collector would go through a hundred thousand again and again.
    gc.disable()
    try:
        return in_order(await place.look(keep))
    finally:
        gc.enable()


def list_parked(
    place: Place, selection: Selection, *, groups: bool, as_json: bool, limit: int
) -> ExitCode:
    """Say which there are; as JSON each whole, or each group, on a line of its own."""
    try:
        found = asyncio.run(look(place, selection, whole=as_json and not groups))
    except FAILURES as error:
        return fail(why(error))
    if as_json:
        for row in map(group_to_json, grouped(found)) if groups else map(to_json, found):
            say(json.dumps(row))
        return ExitCode.OK
    now = datetime.now(UTC)
    for line in words.summary(found, place.queue, now):
        say(line)
    for line in () if groups else words.rows(found, now, limit):
        say(line)
    return ExitCode.OK


def show_parked(place: Place, wanted: str, *, as_json: bool) -> ExitCode:
    """Say all that is known of one message, or of all with one id."""
    try:
        found = asyncio.run(look(place, Selection(ids=frozenset({wanted}))))
    except FAILURES as error:
        return fail(why(error))
    if not found:
        return fail(f"{place.queue} has no message with this id or handle: {shown(wanted)}")
    window = place.rules.policy.idempotency_window_seconds
    for one in found:
        if as_json:
            say(json.dumps(to_json(one)))
            continue
        for line in words.story(one, datetime.now(UTC), window):
            say(line)
        say("")
    return ExitCode.OK


def say(text: str) -> None:
    """One line of the answer."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """One line beside the answer."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def fail(text: str) -> ExitCode:
    """Say what is wrong."""
    # The broker's words may be among it.
    note(f"order-relay: {shown(text, LONGEST_FAILURE)}")
    return ExitCode.CHECK_FAILED
