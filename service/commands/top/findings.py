"""What is not as it should be, by the bounds of the alert rules without their patience."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from service.commands.top import words
from service.commands.top.figures import View
from service.commands.top.limits import limits
from service.core.codes import Status
from service.core.depths import PARKED, REQUESTS, UNROUTED, Depths
from service.core.settlement import Settlement
from service.edges.telemetry import catalogue
from service.flow.events.labels import HoldReason

PLAIN, DIM, GOOD, LOOK, BAD = "", "dim", "green", "yellow", "bold red"
"""How it is drawn: with LOOK something is unusual, with BAD orders stand still or get lost."""

OLD_ORDER_SECONDS, LOOP_LATE_SECONDS, MEMORY_SHARE = 600, 0.5, 0.85
FEW_FAIL_SHARE, MANY_FAIL_SHARE = 0.01, 0.144
"""The second is 14.4 times the allowance of 1 %, as the fast alert has it."""
FEWEST_REJECTED, MANY_REJECTED_SHARE = 5, 0.5
"""So many are seldom the orders' own fault: an account without balance makes them."""
LINES_FOR_SENTENCES, WIDTH_FOR_SENTENCES, MOST_SENTENCES = 32, 96, 6
MOST_SHORT, MOST_LINES, MOST_NAMES = 16, 2, 3

_HOLDS: dict[str, str] = {
    HoldReason.CIRCUIT: "the API is away; one order at a time probes it",
    HoldReason.CREDENTIALS: "the API refuses the key or the address; /readyz says which",
    HoldReason.PUBLISHER: "results cannot be published; see the broker's alarms and logs",
    HoldReason.THROTTLED: "the API asked to wait; the orders go on by themselves",
}
_NEEDED = {catalogue.HELD: "holds", catalogue.BROKER_CONNECTED: "connections"}
"""What a relay shows from its start, and what "nothing held, all connected" rests on."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is the matter in a few words, what it means or asks for, and the row it shows in."""

    tone: str
    short: str
    more: str
    row: str = ""


def judge(view: View, width: int, lines: int | None) -> tuple[str, str, list[str]]:
    """A word whether all is well, and the lines beside it; `lines` None is without bound."""
    if not view.relays:
        return "NO ANSWER", BAD, ["no relay answers; each says why below"]
    if not (found := find(view)):
        return "ALL WELL", GOOD, ["nothing held, nothing parked, all connected"]
    tone, word = found[0].tone, "TROUBLE" if found[0].tone == BAD else "LOOK"
    room = max(1, width - len(f" {word}    "))
    if lines is None or (lines >= LINES_FOR_SENTENCES and width >= WIDTH_FOR_SENTENCES):
        texts = [f"{finding.short}: {finding.more}" for finding in found[:MOST_SENTENCES]]
        if len(found) > len(texts):
            texts[-1] += f" (and {len(found) - len(texts)} more)"
        return word, tone, [line for text in texts for line in wrap(text, room)]
    number, texts = min(len(found), MOST_SHORT) + 1, [""] * (MOST_LINES + 1)
    while len(texts) > MOST_LINES and number > 1:
        number -= 1
        more = f", and {len(found) - number} more" if len(found) > number else ""
        texts = wrap(", ".join(finding.short for finding in found[:number]) + more, room)
    return word, tone, texts


def find(view: View) -> list[Finding]:
    """All findings, the bad ones first."""
    found = [*_of_relays(view), *_of_queues(view), *_unread(view), *_of_orders(view)]
    return sorted(found, key=lambda finding: finding.tone == LOOK)


def tones(view: View) -> dict[str, str]:
    """The worst tone of each row that a finding shows in."""
    return {finding.row: finding.tone for finding in reversed(find(view))}


def _of_relays(view: View) -> Iterator[Finding]:
    if silent := len(view.silent):
        short = f"{silent} of {silent + len(view.relays)} relays silent"
        yield Finding(BAD, short, "the sums are without them; see why in their line")
    for reason in view.held:
        # The API itself asks for this one, and the orders wait in turn.
        tone = LOOK if reason == HoldReason.THROTTLED else BAD
        yield Finding(tone, f"held: {reason}", _HOLDS.get(reason, "no new order is sent"), "held")
    limited = limits(view)
    if limited.set_too_high:
        more = "the API throttles below the rate that is set; set what was learned"
        yield Finding(LOOK, "budget too high", more, "budget /s")
    if limited.any_without_share and not view.held:
        more = "it sends nothing until the other replicas know of it; see `sharing` in the log"
        yield Finding(LOOK, "a relay without a share", more, "rate share")
    attempts = _lately(view, catalogue.API_REQUESTS, "outcome")
    failed = attempts.get("unreached", 0.0) + attempts.get("unknown", 0.0)
    if failed and (share := failed / sum(attempts.values())) > FEW_FAIL_SHARE:
        tone = BAD if share > MANY_FAIL_SHARE else LOOK
        more = "no certain answer of the API; the orders are tried again"
        yield Finding(tone, f"{words.share(share)} of attempts fail", more)
    for name, flow in sorted(view.by(catalogue.BROKER_CONNECTED, "connection").items()):
        if flow.total < len(view.relays):
            more = "it is built anew by itself; see whether the broker lives"
            yield Finding(BAD, f"{name} connection down", more, "broker")
    if anew := sum(_lately(view, catalogue.BROKER_RECONNECTS, "cause").values()):
        more = "the log says why: broker connection lost"
        yield Finding(LOOK, f"reconnected {words.count(anew)}x", more, "reconnects")


def _of_queues(view: View) -> Iterator[Finding]:
    queues = view.queues.queues if isinstance(view.queues, Depths) else {}
    if missing := [name for name, depth in queues.items() if depth is None]:
        names = ", ".join(missing if len(missing) <= MOST_NAMES else [*missing[:MOST_NAMES], "..."])
        yield Finding(BAD, f"missing: {names}", "`order-relay topology` declares them")
    if (requests := queues.get(REQUESTS)) and not requests.consumers:
        short = f"no consumer, {words.count(requests.ready)} wait"
        yield Finding(BAD, short, "nobody takes requests from the queue", REQUESTS)
    meanings = {PARKED: "they wait for a person", UNROUTED: "replies that no queue was bound for"}
    for name, more in meanings.items():
        if (depth := queues.get(name)) and depth.ready:
            yield Finding(LOOK, f"{words.count(depth.ready)} {name}", more, name)


def _unread(view: View) -> Iterator[Finding]:
    """What nobody said: without it nothing is known to be well."""
    for metric, short in _NEEDED.items():
        if not all(scrapes[-1].values.get(metric.name) for scrapes in view.relays.values()):
            more = f"no {metric.name}: is it a relay, and of this version?"
            yield Finding(LOOK, f"{short} not told", more)
    asked = isinstance(view.queues, Depths)
    queues = view.queues.queues if isinstance(view.queues, Depths) else {}
    if unseen := [name for name in (REQUESTS, PARKED, UNROUTED) if name not in queues]:
        short = f"not seen: {', '.join(unseen)}" if asked else "queues not asked"
        yield Finding(LOOK, short, "what waits at the broker is not known")
    counted = view.by(catalogue.SETTLED, "settlement")
    parked = [counted[one].total for one in (Settlement.PARKED, Settlement.DEAD_LETTERED)]
    if PARKED in unseen and (total := sum(each for each in parked if each > 0)):
        more = "since the start; whether they still wait for a person is not known"
        yield Finding(LOOK, f"{words.count(total)} were parked", more)


def _of_orders(view: View) -> Iterator[Finding]:
    statuses = _lately(view, catalogue.REPLIES, "status")
    if unknown := statuses.get(Status.UNKNOWN):
        more = "they may exist: ask the API before anything is sent again"
        yield Finding(BAD, f"{words.count(unknown)} unknown", more)
    if failed := statuses.get(Status.FAILED):
        yield Finding(LOOK, f"{words.count(failed)} failed", "given up; certainly no order exists")
    rejected, answered = statuses.get(Status.REJECTED, 0.0), sum(statuses.values())
    if rejected >= FEWEST_REJECTED and rejected > answered * MANY_REJECTED_SHARE:
        codes = _lately(view, catalogue.REPLIES, "code", status=Status.REJECTED)
        more = f"mostly {max(codes, key=lambda code: codes[code])}"
        yield Finding(LOOK, f"{words.share(rejected / answered)} rejected", more)
    if (age := max(view.each(catalogue.OLDEST_ORDER_AGE.name, 0.0))) > OLD_ORDER_SECONDS:
        short = f"an order is {words.duration(age)} old"
        yield Finding(LOOK, short, "see what it waits for", "oldest order")
    if (late := view.quantiles(catalogue.LOOP_LAG)[-1]) > LOOP_LATE_SECONDS:
        short = f"loop late by {words.duration(late)}"
        yield Finding(LOOK, short, "the relay is short of processor time", "loop late")
    memory = view.each(catalogue.PROCESS_MEMORY, 0.0)
    limits = view.each(catalogue.MEMORY_LIMIT.name, math.inf)
    share = max(used / (limit or math.inf) for used, limit in zip(memory, limits, strict=True))
    if share > MEMORY_SHARE:
        short = f"memory at {words.share(share)}"
        yield Finding(LOOK, short, "near its limit, beyond it is a kill", "memory")


def _lately(view: View, metric: catalogue.Metric, label: str, **where: str) -> dict[str, float]:
    """What a counter counted since an earlier scrape: what was long ago is no news."""
    flows = view.by(metric, label, **where).items()
    return {value: flow.lately for value, flow in flows if flow.per_second >= 0}
