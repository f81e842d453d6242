"""`parked export` and `restore`: the parked messages in a file, and back."""

import asyncio
import json
import os
from collections import Counter
from pathlib import Path

from service.app.exit_codes import ExitCode
from service.commands.parked.acting import publishing
from service.commands.parked.asking import Asking
from service.commands.parked.looking import fail, look, note, say
from service.commands.parked.place import Place
from service.commands.parked.words import messages
from service.commands.top.words import shown
from service.core.copies import copy_of
from service.core.message import Publication, PublicationKind, Received
from service.core.parked.found import Parked, inspect
from service.core.parked.selecting import Selection
from service.core.parked.writing import UnreadableExportError, from_json, to_json
from service.edges.amqp.held import FAILURES, why
from service.flow.ports import Confirmed


class _NotRestoredError(Exception):
    """The broker did not confirm a message."""


def export(place: Place, selection: Selection, file: Path) -> ExitCode:
    """Write them to a new file, whole; they stay parked."""
    try:
        found = asyncio.run(look(place, selection))
    except FAILURES as error:
        return fail(why(error))
    try:
        # Messages of customers are in it: for its owner only, and never over another file.
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.writelines(f"{json.dumps(to_json(one))}\n" for one in found)
            out.flush()
            os.fsync(out.fileno())
    except FileExistsError:
        return fail(f"{file} is there already, and stays as it is: name another file")
    except OSError as error:
        return fail(str(error))
    say(f"{messages(len(found))} of {place.queue} written to {file}; they stay parked")
    return ExitCode.OK


def restore(place: Place, file: Path, asking: Asking) -> ExitCode:
    """Park again what is in the file and not in the queue; run twice, it does nothing more."""
    try:
        wanted = read(file)
    except UnicodeDecodeError:
        return fail(f"{file}: is no text; `order-relay parked export` writes what is read here")
    except (OSError, UnreadableExportError) as error:
        return fail(f"{file}: {error}")
    try:
        missing, unwritable = _missing(wanted, asyncio.run(look(place, Selection())))
    except FAILURES as error:
        return fail(why(error))
    say(f"{messages(len(wanted))} in {file}, {len(missing)} of them are not in {place.queue}")
    if unwritable:
        say(f"{messages(unwritable)} cannot be written again, and are left out")
    if not missing:
        return ExitCode.CHECK_FAILED if unwritable else ExitCode.OK
    if not asking.agreed(len(missing), "restore"):
        return ExitCode.OK if asking.dry_run else ExitCode.CHECK_FAILED
    try:
        asyncio.run(_publish(place, missing))
    except _NotRestoredError as error:
        note("the same command goes on with those that are missing then")
        return fail(shown(str(error), 300))
    say(f"done: {messages(len(missing))}")
    return ExitCode.CHECK_FAILED if unwritable else ExitCode.OK


def read(file: Path) -> list[Parked]:
    """The messages of a file, all of them good; UnreadableExportError names a line that is not."""
    found = []
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                found.append(inspect(from_json(json.loads(line))))
            except (ValueError, RecursionError) as error:
                raise UnreadableExportError(f"line {number}: {error}") from error
    return found


def _missing(wanted: list[Parked], there: list[Parked]) -> tuple[list[Received], int]:
    """Those that are not there yet, as often as they are wanted, and how many cannot be."""
    left, missing, unwritable = Counter(one.handle for one in there), [], 0
    for one in wanted:
        if left[one.handle]:
            left[one.handle] -= 1
        elif one.received.undecodable is not None:
            unwritable += 1
        else:
            missing.append(one.received)
    return missing, unwritable


async def _publish(place: Place, missing: list[Received]) -> None:
    async with publishing(place) as publisher:
        for received in missing:
            # With what the broker wrote on it: it says why the message is parked.
            copy = copy_of(received.message, received.message.headers)
            outcome = await publisher.publish(Publication(PublicationKind.PARKED, "", copy))
            if not isinstance(outcome, Confirmed):
                raise _NotRestoredError(f"the broker did not confirm: {outcome.reason}")
