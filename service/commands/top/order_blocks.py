"""The way of the orders as blocks of rows: what became of them, and where they wait."""

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import add
from typing import assert_never

from service.commands.top import words
from service.commands.top.changes import Flow
from service.commands.top.figures import Orders
from service.commands.top.fitting import Block, Rank, Row, Tone, flow_row, most
from service.core.codes import Status
from service.core.depths import (
    PARKED,
    REQUESTS,
    RETRY_PREFIX,
    UNROUTED,
    Depth,
    Depths,
    NotAsked,
    Queues,
)
from service.core.settlement import Settlement

MOST_CODES = 12
MOST_STATUSES = 4
"""Of those that this version does not know."""
MOST_TIERS = 32

_TONES = {
    Status.ACCEPTED: Tone.GOOD,
    Status.REJECTED: Tone.PLAIN,
    Status.FAILED: Tone.LOOK,
    Status.UNKNOWN: Tone.BAD,
}


def fate(orders: Orders) -> Block:
    """What became of the orders."""
    rows = [flow_row("taken", orders.taken)]
    if orders.again is not None:
        rows.append(flow_row("  delivered again", orders.again, rank=Rank.DETAIL))
    known = [str(status) for status in Status]
    others = sorted({status for status, _ in orders.replies} - set(known))
    for status in [*known, *others[:MOST_STATUSES]]:
        codes = {code: flow for (each, code), flow in orders.replies.items() if each == status}
        tone = _TONES[Status(status)] if status in known else Tone.PLAIN
        rows.append(flow_row(status, _sum(codes.values()), tone))
        rows += most(_codes(codes), MOST_CODES)
    settled = orders.settled
    rows += [
        flow_row("sent to wait", settled.get(Settlement.RETRIED), rank=Rank.LESS),
        flow_row("parked", settled.get(Settlement.PARKED), Tone.LOOK, Rank.LESS),
        flow_row("dead-lettered", settled.get(Settlement.DEAD_LETTERED), Tone.LOOK, Rank.DETAIL),
        flow_row("given back", settled.get(Settlement.RETURNED), rank=Rank.DETAIL),
    ]
    return Block("ORDERS", ("/s", "total"), tuple(rows))


def waiting(queues: Queues, orders: Orders) -> Block:
    """Where orders wait, and how many."""
    heads = ("ready", "retries /s")
    match queues:
        case NotAsked():
            busy = [tier for tier, flow in orders.tiers.items() if flow.lately]
            tiers = dict.fromkeys(map(_queue_of, busy))
            return Block("QUEUES", heads, _tiers(tiers, orders))
        case Depths():
            return Block("QUEUES", heads, tuple(_depths(queues.queues, orders)))
        case _ as never:  # pragma: no cover
            assert_never(never)


def _codes(codes: Mapping[str, Flow]) -> list[Row]:
    seen = sorted((flow.lately, flow.total, code) for code, flow in codes.items() if code)
    return [
        flow_row(f"  {code}", codes[code], rank=Rank.SELDOM if lately else Rank.DETAIL)
        for lately, total, code in reversed(seen)
        if total
    ]


def _depths(queues: Mapping[str, Depth | None], orders: Orders) -> Iterator[Row]:
    requests = queues.get(REQUESTS)
    alone = requests is not None and not requests.consumers
    tone = Tone.BAD if alone else Tone.PLAIN
    yield _depth_row("requests", requests, _consumers(requests), tone)
    tiers = {name: depth for name, depth in queues.items() if name.startswith(RETRY_PREFIX)}
    ready = sum(depth.ready for depth in tiers.values() if depth is not None)
    into = _sum(orders.tiers.values())
    yield _row("in retry queues", words.count(ready), into, Tone.PLAIN if ready else Tone.DIM)
    yield from _tiers(tiers, orders)
    yield _depth_row("parked", queues.get(PARKED), "", Tone.LOOK)
    yield _depth_row("unrouted", queues.get(UNROUTED), "", Tone.LOOK)


def _tiers(tiers: Mapping[str, Depth | None], orders: Orders) -> tuple[Row, ...]:
    into = {_queue_of(tier): flow for tier, flow in orders.tiers.items()}
    rows = []
    for name in sorted(tiers, key=_seconds):
        depth, flow = tiers[name], into.get(name)
        busy = bool((depth and depth.ready) or (flow and flow.lately))
        shown = words.NOTHING if depth is None else words.count(depth.ready)
        tone = Tone.PLAIN if busy else Tone.DIM
        rank = Rank.SELDOM if busy else Rank.IDLE
        rows.append(_row(f"  {_tier_words(name)}", shown, flow, tone, rank))
    return most(rows, MOST_TIERS)


def _depth_row(label: str, depth: Depth | None, into: str, tone: Tone) -> Row:
    if depth is None:
        return Row(label, ("missing", into), Tone.BAD)
    alarming = tone is Tone.BAD or depth.ready
    return Row(label, (words.count(depth.ready), into), tone if alarming else Tone.DIM)


def _row(label: str, ready: str, into: Flow | None, tone: Tone, rank: int = 0) -> Row:
    return Row(label, (ready, _rate(into)), tone, rank)


def _consumers(requests: Depth | None) -> str:
    if requests is None:
        return ""
    number = words.count(requests.consumers)
    return f"{number} consumer{'' if requests.consumers == 1 else 's'}"


def _rate(flow: Flow | None) -> str:
    return words.NOTHING if flow is None else words.rate(flow.per_second)


def _sum(flows: Iterable[Flow]) -> Flow | None:
    known = list(flows)
    return reduce(add, known) if known else None


def _queue_of(tier: str) -> str:
    return f"{RETRY_PREFIX}{tier}"


def _seconds(name: str) -> tuple[float, str]:
    tier = name.removeprefix(RETRY_PREFIX)
    return (float(tier) if tier.isdecimal() else float("inf"), tier)


def _tier_words(name: str) -> str:
    seconds, tier = _seconds(name)
    return words.whole_duration(seconds) if seconds < float("inf") else tier
