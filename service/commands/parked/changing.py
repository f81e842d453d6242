"""`parked replay`, `resolve` and `drop`: look, say what would happen, ask, and do it."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from service.app.exit_codes import ExitCode
from service.commands.parked import words
from service.commands.parked.acting import Acting, Tally, Task
from service.commands.parked.asking import Asking
from service.commands.parked.looking import fail, look, note, say
from service.commands.parked.place import Place
from service.commands.parked.progress import Progress
from service.commands.top.words import shown
from service.core.message import Received
from service.core.parked.acting import Action, Planned, Refused, Replay, Resolve, Who, plan
from service.core.parked.found import Parked, inspect
from service.core.parked.selecting import Selection
from service.edges.amqp.held import FAILURES, why


@dataclass(frozen=True, slots=True)
class Change:
    """What is asked for, of which messages, by whom, and how fast."""

    action: Action
    selection: Selection
    who: Who
    asking: Asking
    rate: float | None = None


def change(place: Place, wanted: Change) -> ExitCode:
    """Do it; OK where everything that was meant is done."""
    try:
        found = asyncio.run(look(place, wanted.selection))
    except FAILURES as error:
        return fail(why(error))
    if not found:
        return fail(f"{place.queue} has no such message")
    if (refusal := _for_one(found, wanted.action)) is not None:
        return fail(refusal)
    now, meant = datetime.now(UTC), Counter[str]()
    plans = [(one, plan(one, wanted.action, wanted.who, place.rules, now)) for one in found]
    for line in words.summary(found, place.queue, now):
        say(line)
    for line in words.rows(found, now, 20):
        say(line)
    say("what happens to them:")
    for line in words.outcomes(_told(planned) for _, planned in plans):
        say(line)
    meant.update(one.handle for one, planned in plans if isinstance(planned, Planned))
    refused = len(found) - meant.total()
    if not meant:
        return fail("nothing was changed")
    if not wanted.asking.agreed(meant.total(), _verb(wanted.action)):
        return ExitCode.OK if wanted.asking.dry_run else ExitCode.CHECK_FAILED
    return _carried_out(place, wanted, meant, refused)


def _carried_out(place: Place, wanted: Change, meant: Counter[str], refused: int) -> ExitCode:
    def planned(received: Received, now: datetime) -> Planned | Refused:
        return plan(inspect(received), wanted.action, wanted.who, place.rules, now)

    task = Task(meant, lambda received: inspect(received).handle, planned, wanted.rate)
    tally = carry_out(place, task)
    whole = tally.done == meant.total() and not refused
    return ExitCode.OK if whole else ExitCode.CHECK_FAILED


def carry_out(place: Place, task: Task) -> Tally:
    """Do it, and say how it ended."""
    progress = Progress()

    async def run() -> Tally:
        return await Acting(place, task, progress).run()

    tally = asyncio.run(run())
    progress.end()
    say(f"done: {words.messages(tally.done)}")
    for line in words.outcomes(tally.refused.elements()):
        say(f"left: {line}")
    if tally.gone:
        say(f"gone: {words.messages(tally.gone)}; somebody else took them out meanwhile")
    left = task.wanted.total() - tally.done - tally.refused.total() - tally.gone
    if left:
        said = "stopped" if tally.stopped else shown(tally.failure or "", 300)
        note(
            f"order-relay: {words.messages(left)} left: {said}; the same command goes on with them"
        )
    return tally


def _for_one(found: list[Parked], action: Action) -> str | None:
    """Why an action on one message does not fit these."""
    bodies = {one.received.message.body for one in found}
    ids = {one.message_id for one in found}
    if isinstance(action, Resolve) and (len(bodies) > 1 or len(ids) > 1):
        return "one order answers for one message: name it by its handle, see `parked list ID`"
    if isinstance(action, Replay) and action.body is not None and len(found) > 1:
        return "an edited body is for one message: name it by its handle, see `parked list ID`"
    return None


def _told(planned: Planned | Refused) -> str:
    if isinstance(planned, Planned):
        return planned.told
    return f"stays: {planned.why}"


def _verb(action: Action) -> str:
    return type(action).__name__.lower()
