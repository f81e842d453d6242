"""What is kept of a run that went wrong: its history, its verdict, and stories of its orders.

A story is the life of one order as a page of plain text, in the order of time.
"""

import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from tests.trials.chaos.checker.lives import Kind, Violation
from tests.trials.chaos.checker.verdict import Verdict
from tests.trials.chaos.history import Called, History, Inflicted, Sent, Told

PAGE_LINES = 50
LEAST_FAULTS = 5
AROUND_SECONDS = 2.0
"""How near to an event of the order a fault must be to belong to its story."""

STORIES_OF_A_KIND = 10
"""More orders with one and the same fault say nothing new, and fill the disk."""

_Event = tuple[float, str]


def story(history: History, request_id: str) -> str:
    """What happened to this order, in seconds since its first event; at most a page."""
    events = _events(history, request_id)
    lines = [f"order {request_id!r} ({history.scenario}, seed {history.seed})"]
    if events:
        first_at = min(at for at, _ in events)
        began = datetime.fromtimestamp(first_at, UTC).isoformat(timespec="milliseconds")
        lines.append(f"times in seconds since {began}")
        near = _near(history.inflicted, [at for at, _ in events])
        # The order's own events come first: faults take what is left of the page.
        shown = near[: max(LEAST_FAULTS, (PAGE_LINES - len(events)) // 2)]
        told = [*events, *chain.from_iterable(map(_fault, shown))]
        told.sort(key=lambda event: event[0])
        lines += _page([f"{at - first_at:+10.3f}  {text}" for at, text in told])
        if len(near) > len(shown):
            lines.append(f"       and  {len(near) - len(shown)} more faults meanwhile")
    lines += [f"       end  {text}" for text in _endings(history, request_id)]
    return "\n".join(lines) + "\n"


def _events(history: History, request_id: str) -> list[_Event]:
    sent = [each for each in history.sent if each.request_id == request_id]
    called = [each for each in history.called if each.request_id == request_id]
    called.sort(key=lambda call: call.arrived_at)
    told = [each for each in history.told if each.request_id == request_id]
    return [
        *chain.from_iterable(map(_published, sent)),
        *(_call(number, call) for number, call in enumerate(called, 1)),
        *map(_reply, told),
    ]


def _published(sent: Sent) -> Iterator[_Event]:
    deadline = ""
    if sent.deadline_at is not None:
        deadline = f", deadline {sent.deadline_at - sent.began_at:.3f} s later"
    unsure = "" if sent.confirmed_at is not None else "; no confirm ever came"
    yield sent.began_at, f"published {_short(sent.body)}{deadline}{unsure}"
    if sent.confirmed_at is not None:
        yield sent.confirmed_at, "confirmed by the broker"


def _call(number: int, call: Called) -> _Event:
    answer = "no answer" if call.status is None else f"answered {call.status}"
    why = f" ({call.answered})" if call.answered else ""
    placed = ", AN ORDER PLACED" if call.order_placed else ""
    return call.arrived_at, f"call {number}, form {call.fingerprint[:12]}: {answer}{why}{placed}"


def _reply(told: Told) -> _Event:
    said = " ".join(filter(None, (told.status, told.order, told.code)))
    return told.arrived_at, f"reply in {told.where}: {said}, attempts {told.attempts}"


def _near(inflicted: tuple[Inflicted, ...], moments: list[float]) -> list[Inflicted]:
    return [
        fault
        for fault in inflicted
        if any(
            fault.began_at - AROUND_SECONDS <= at <= fault.ended_at + AROUND_SECONDS
            for at in moments
        )
    ]


def _fault(fault: Inflicted) -> Iterator[_Event]:
    name = f"fault {fault.kind}" + (f" ({_short(fault.detail)})" if fault.detail else "")
    yield fault.began_at, f"| {name} begins, for {fault.ended_at - fault.began_at:.3f} s"
    yield fault.ended_at, f"| {name} ends"


def _page(lines: list[str]) -> list[str]:
    if len(lines) <= PAGE_LINES:
        return lines
    half = PAGE_LINES // 2
    left_out = f"       ...  {len(lines) - 2 * half} more lines in between"
    return [*lines[:half], left_out, *lines[-half:]]


def _endings(history: History, request_id: str) -> Iterator[str]:
    booked = [each for each in history.booked if each.request_id == request_id]
    for entry in booked:
        yield f"ledger: {entry.orders} orders, first {entry.order}, {entry.conflicts} conflicts"
    if not booked:
        yield "ledger: nothing"
    queues = [each.queue for each in history.found if each.request_id == request_id]
    replies = sum(each.request_id == request_id for each in history.told)
    if queues:
        yield f"lies in {', '.join(sorted(queues))}; {replies} replies"
    else:
        yield f"lies in no queue; {replies} replies"


def _short(text: str) -> str:
    return textwrap.shorten(text, 90, placeholder=" ...") if text.isprintable() else repr(text[:80])


def keep(history: History, verdict: Verdict, directory: Path) -> tuple[Path, ...]:
    """Writes history.json, verdict.txt and a story for the first orders of each kind.

    Returns the files; the directory is made where it is missing.
    """
    directory.mkdir(parents=True, exist_ok=True)
    whole, told = directory / "history.json", directory / "verdict.txt"
    history.save(whole)
    _write(told, "\n".join([*verdict.lines(), "", *map(finding, verdict.violations)]) + "\n")
    stories = []
    written: Counter[Kind] = Counter()
    for violation in verdict.violations:
        if violation.request_id is None or written[violation.kind] >= STORIES_OF_A_KIND:
            continue
        written[violation.kind] += 1
        file = directory / _name(violation, written[violation.kind])
        page = story(history, violation.request_id)
        _write(file, f"{finding(violation)}\n\n{page}")
        stories.append(file)
    return whole, told, *stories


def finding(violation: Violation) -> str:
    """One finding as a line: the kind, the order, and what happened."""
    who = "" if violation.request_id is None else f" {violation.request_id!r}"
    return f"{violation.kind.upper()}{who}: {violation.sentence}"


def _name(violation: Violation, number: int) -> str:
    # A producer chooses the id: it may hold what a file's name cannot, up to 128 characters.
    safe = re.sub(r"[^A-Za-z0-9_-]+", "_", violation.request_id or "")[:60]
    return f"{violation.kind.replace(' ', '-')}-{number:02d}-{safe}.txt"


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", errors="backslashreplace")
