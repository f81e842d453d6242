"""The figures as blocks of rows, and which rows a small terminal has room for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.commands.top import words
from service.commands.top.figures import NO_VALUE, Flow, View
from service.commands.top.findings import BAD, DIM, GOOD, LOOK, PLAIN, tones
from service.commands.top.limits import limits
from service.core.codes import Status
from service.core.depths import PARKED, REQUESTS, RETRY_PREFIX, UNROUTED, Depths
from service.core.settlement import Settlement
from service.edges.telemetry import catalogue

MOST_ROWS, MOST_OTHERS = 12, 4
"""A foreign answer may have any number of codes and outcomes, and statuses of its own."""
ALWAYS, LESS, SELDOM, DETAIL, IDLE = range(5)
"""Ranks of rows: a small terminal goes without the highest first."""
WAITS = "waiting"
FATES: dict[str, tuple[str, str, str]] = {
    Status.ACCEPTED: (GOOD, "█", "#"),
    Status.REJECTED: (PLAIN, "▒", "="),
    Status.FAILED: (LOOK, "░", "-"),
    Status.UNKNOWN: (BAD, "!", "!"),
    WAITS: (LOOK, "·", "."),
}
"""The tone of each, its cells in the bar, and those where there is only ASCII."""
_OUTCOMES = {"accepted": GOOD, "refused": PLAIN, "misconfigured": BAD}
_IDLE_RANKS = {"throttled": LESS, "misconfigured": SELDOM, "unreached": LESS}
"""Of outcomes that there were none of lately."""


@dataclass(frozen=True, slots=True)
class Row:
    """A label and its values; the first row of a block has its title and heads."""

    label: str
    values: Sequence[str]
    tone: str = PLAIN
    rank: int = ALWAYS


def fit(blocks: Sequence[Sequence[Row]], lines: int | None) -> Sequence[Sequence[Row]]:
    """As many rows as fit into so many lines, with one between blocks; None is no bound."""
    blocks = [block for block in blocks if len(block) > 1]
    rows = sorted((row for block in blocks for row in block), key=lambda row: row.rank)
    while lines is not None and blocks and sum(len(block) + 1 for block in blocks) > lines + 1:
        last = rows.pop()
        left = [[row for row in block if row is not last] for block in blocks]
        blocks = [block for block in left if len(block) > 1]
    return blocks


def _most(rows: list[Row], number: int = MOST_ROWS) -> list[Row]:
    if len(rows) <= number:
        return rows
    return [*rows[: number - 1], Row(f"and {len(rows) - number + 1} more", (), DIM)]


def _flow(label: str, flow: Flow, tone: str = PLAIN, rank: int = ALWAYS, idle: int = 0) -> Row:
    """A counter's rate and total; `idle` is its rank where it did not count lately."""
    tone, rank = (tone, rank) if flow.lately else (DIM, max(rank, idle))
    return Row(label, (words.rate(flow.per_second), words.count(flow.total)), tone, rank)


def orders(view: View) -> list[Row]:
    """What became of the orders."""
    again = view.by(catalogue.DELIVERIES, "redelivered")["true"]
    statuses = view.by(catalogue.REPLIES, "status")
    settled = view.by(catalogue.SETTLED, "settlement")
    rows = [_flow("taken", view[catalogue.DELIVERIES])]
    rows.append(_flow("  delivered again", again, rank=DETAIL))
    for status in [*Status, *sorted(statuses.keys() - set(Status))[:MOST_OTHERS]]:
        rows.append(_flow(status, statuses[status], FATES.get(status, [PLAIN])[0]))
        codes = view.by(catalogue.REPLIES, "code", status=status)
        seen = sorted(codes, key=lambda code: (codes[code].lately, codes[code].total), reverse=True)
        seen = [code for code in seen if code and codes[code].total]
        rows += _most([_flow(f"  {code}", codes[code], PLAIN, SELDOM, DETAIL) for code in seen])
    return [
        Row("ORDERS", ("/s", "total")),
        *rows,
        _flow("sent to wait", settled[Settlement.RETRIED], rank=LESS),
        _flow("parked", settled[Settlement.PARKED], LOOK, LESS),
        _flow("dead-lettered", settled[Settlement.DEAD_LETTERED], LOOK, DETAIL),
        _flow("given back", settled[Settlement.RETURNED], rank=DETAIL),
    ]


def attempts(view: View) -> list[Row]:
    """The attempts at the order API, by outcome."""
    flows = view.by(catalogue.API_REQUESTS, "outcome")
    known, others = catalogue.OUTCOMES, flows.keys() - set(catalogue.OUTCOMES)
    rows = [
        _flow(name, flows[name], _OUTCOMES.get(name, LOOK), idle=_IDLE_RANKS.get(name, ALWAYS))
        for name in (*known, *sorted(others))
    ]
    return [Row("API ATTEMPTS", ("/s", "total")), *_most(rows)]


def queues(view: View) -> list[Row]:
    """Where orders wait, and how many."""
    into = view.by(catalogue.RETRIES, "delay_seconds")
    depths = view.queues.queues if isinstance(view.queues, Depths) else {}
    tiers = [name.removeprefix(RETRY_PREFIX) for name in depths if name.startswith(RETRY_PREFIX)]
    tiers = tiers or [tier for tier, flow in into.items() if flow.lately and tier.isdecimal()]
    rows, waiting = [], 0
    for tier in sorted(tiers, key=int):
        depth, flow = depths.get(f"{RETRY_PREFIX}{tier}"), into[tier]
        ready = depth.ready if depth else 0
        values = words.count(ready if depth else NO_VALUE), words.rate(flow.per_second)
        tone, rank = (PLAIN, SELDOM) if ready or flow.lately else (DIM, IDLE)
        rows.append(Row(f"  {words.whole_duration(int(tier))}", values, tone, rank))
        waiting += ready
    title = Row("QUEUES", ("ready", "retries /s"))
    if not depths:
        return [title, *_most(rows)]

    def row(name: str, beside: str = "") -> Row:
        if name not in depths:
            return Row(name, ("not seen", ""), DIM)
        if (depth := depths[name]) is None:
            return Row(name, ("missing", ""), BAD)
        tone = tones(view).get(name, PLAIN if depth.ready else DIM)
        return Row(name, (words.count(depth.ready), beside), tone)

    consumers = requests.consumers if (requests := depths.get(REQUESTS)) else 0
    beside = f"{words.count(consumers)} consumer{'' if consumers == 1 else 's'}"
    values = words.count(waiting), words.rate(view[catalogue.RETRIES].per_second)
    total = Row("in retry queues", values, PLAIN if waiting else DIM)
    return [title, row(REQUESTS, beside), total, *rows, row(PARKED), row(UNROUTED)]


def process(view: View) -> tuple[list[Row], ...]:
    """How long things take, what is under way at this moment, and what the relays use."""
    found = {"held": DIM, **tones(view)}

    def row(label: str, *values: str, rank: int = ALWAYS) -> Row:
        return Row(label, values, found.get(label, PLAIN), rank)

    def took(label: str, metric: catalogue.Metric, rank: int = ALWAYS) -> Row:
        return row(label, *map(words.duration, view.quantiles(metric)), rank=rank)

    oldest = max(view.each(catalogue.OLDEST_ORDER_AGE.name, 0.0))
    at_once = view[catalogue.IN_FLIGHT].total, view[catalogue.CONCURRENCY_LIMIT].total
    memory = view[catalogue.PROCESS_MEMORY].total, view[catalogue.MEMORY_LIMIT].total
    limited = limits(view)
    free = f"no, at {limited.waits_for}" if limited.waits_for else "no"
    cpu = words.share(view[catalogue.PROCESS_CPU].per_second)
    times = [
        Row("TIMES", ("p50", "p95", "p99")),
        took("answer", catalogue.ORDER_DURATION),
        took("API attempt", catalogue.API_DURATION),
        took("confirm", catalogue.PUBLISH_DURATION, SELDOM),
        took("loop late", catalogue.LOOP_LAG, SELDOM),
    ]
    now = [
        Row("NOW", [""]),
        row("held", ", ".join(view.held) or free),
        row("oldest order", words.duration(oldest) if oldest else "none", rank=LESS),
        row("at the API", words.limited(*at_once, words.count), rank=LESS),
        row("budget /s", limited.budget, rank=LESS),
        row("rate share", limited.share, rank=SELDOM),
    ]
    relay = [
        Row("RELAY", [""]),
        row("broker", _connections(view)),
        row("reconnects", _reconnects(view), rank=SELDOM),
        row("CPU", cpu if cpu == words.NOTHING else f"{cpu} of a core", rank=LESS),
        row("memory", words.limited(*memory, words.size), rank=LESS),
    ]
    return times, now, relay


def _connections(view: View) -> str:
    """Those that are not all up: what works needs no room."""
    of, flows = len(view.relays), view.by(catalogue.BROKER_CONNECTED, "connection")
    up = {name: flow.total for name, flow in sorted(flows.items())}
    if up and not any(up.values()):
        return "all down"
    broken = [(name, f"{n:.0f} of {of}" if of > 1 else "down") for name, n in up.items() if n < of]
    return ", ".join(map(" ".join, broken)) or ("connected" if up else words.NOTHING)


def _reconnects(view: View) -> str:
    """How many, and what most of them were for."""
    flows = view.by(catalogue.BROKER_RECONNECTS, "cause").items()
    causes = {cause: flow.total for cause, flow in flows if flow.total}
    worst = max(causes, key=lambda cause: causes[cause], default="")
    mostly = f", {'mostly ' if len(causes) > 1 else ''}{worst}" if causes else ""
    return f"{words.count(sum(causes.values()))}{mostly}"


def relays(view: View, number: int | None) -> list[Row]:
    """A row for each relay, those that do not answer first, at most so many."""
    rows = [Row(name, [*[words.NOTHING] * 5, why], BAD) for name, why in view.silent.items()]
    for address, scrapes in view.relays.items():
        one = replace(view, relays={address: scrapes})
        held = ", ".join(one.held)
        values = (
            words.rate(one[catalogue.DELIVERIES].per_second),
            words.rate(one[catalogue.REPLIES].per_second),
            words.count(one[catalogue.IN_FLIGHT].total),
            words.share(one[catalogue.PROCESS_CPU].per_second),
            words.size(one[catalogue.PROCESS_MEMORY].total),
            f"held: {held}" if held else f"up {words.duration(one.uptime_seconds)}",
        )
        rows.append(Row(address, values, tones(one).get("held", PLAIN)))
    title = Row("RELAYS", ("in /s", "out /s", "at API", "CPU", "memory", ""))
    return [title, *_most(rows, number or len(rows))]
