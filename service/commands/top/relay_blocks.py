"""What the relays do for the orders, and how they fare, as blocks of rows."""

from collections.abc import Mapping
from typing import assert_never

from service.commands.top import words
from service.commands.top.checks import LOOP_LATE_SECONDS, MEMORY_SHARE, OLD_ORDER_SECONDS
from service.commands.top.figures import Api, Broker, Figures, Process
from service.commands.top.fitting import Block, Rank, Row, Tone, flow_row, most
from service.commands.top.quantiles import Quantiles
from service.commands.top.view import Answering, Instance, Silent
from service.edges.telemetry.catalogue import OUTCOMES
from service.flow.events.labels import HoldReason

MOST_OUTCOMES = 12

_TONES = {
    "accepted": Tone.GOOD,
    "throttled": Tone.LOOK,
    "misconfigured": Tone.BAD,
    "unreached": Tone.LOOK,
    "unknown": Tone.LOOK,
}
_WITHOUT = {"misconfigured": Rank.SELDOM, "throttled": Rank.LESS, "unreached": Rank.LESS}


def now(figures: Figures) -> Block:
    """What is under way at this moment."""
    api, oldest = figures.api, figures.orders.oldest_seconds
    old = oldest is not None and oldest > OLD_ORDER_SECONDS
    age = words.duration(oldest) if oldest else "none"
    at_once = words.limited(api.in_flight, api.most_in_flight, words.count)
    share = words.limit(api.rate_per_second, lambda most: f"{words.rate(most)} /s")
    return Block(
        "NOW",
        ("",),
        (
            Row("held", (", ".join(sorted(api.held)) or "no",), _held_tone(api)),
            Row("oldest order", (age,), Tone.LOOK if old else Tone.PLAIN, Rank.LESS),
            Row("at the API", (at_once,), rank=Rank.LESS),
            Row("rate share", (share,), rank=Rank.SELDOM),
        ),
    )


def attempts(api: Api) -> Block:
    """The attempts at the order API, by outcome."""
    others = sorted(set(api.attempts) - set(OUTCOMES))
    rows = [
        flow_row(outcome, flow, _TONES.get(outcome, Tone.PLAIN), _rank(outcome, api))
        for outcome in [*OUTCOMES, *others]
        for flow in [api.attempts.get(outcome)]
    ]
    return Block("API ATTEMPTS", ("/s", "total"), most(rows, MOST_OUTCOMES))


def times(figures: Figures) -> Block:
    """How long things take."""
    late = figures.process.loop_late
    lagging = late is not None and late.p99 > LOOP_LATE_SECONDS
    return Block(
        "TIMES",
        ("p50", "p95", "p99"),
        (
            Row("answer", _three(figures.orders.answered_in)),
            Row("API attempt", _three(figures.api.took)),
            Row("confirm", _three(figures.broker.confirmed_in), rank=Rank.SELDOM),
            Row("loop late", _three(late), Tone.LOOK if lagging else Tone.PLAIN, Rank.SELDOM),
        ),
    )


def relay(broker: Broker, process: Process) -> Block:
    """The connections, and what the process uses."""
    down = any(up < of for up, of in broker.up.values())
    near = process.memory_share is not None and process.memory_share > MEMORY_SHARE
    cpu = None if process.cpu is None else process.cpu.per_second
    cores = words.NOTHING if cpu is None else f"{words.share(cpu)} of a core"
    memory = words.limited(process.memory_bytes, process.memory_limit_bytes, words.size)
    anew = sum(flow.lately for flow in broker.reconnects.values() if flow.per_second is not None)
    return Block(
        "RELAY",
        ("",),
        (
            Row("broker", (_connections(broker.up),), Tone.BAD if down else Tone.PLAIN),
            Row("reconnects", (_causes(broker),), Tone.LOOK if anew else Tone.PLAIN, Rank.SELDOM),
            Row("CPU", (cores,), rank=Rank.LESS),
            Row("memory", (memory,), Tone.LOOK if near else Tone.PLAIN, Rank.LESS),
        ),
    )


def instances(each: tuple[Instance, ...], number: int) -> Block:
    """A row for each relay, those that do not answer first, at most so many."""
    heads = ("in /s", "out /s", "at API", "CPU", "memory", "")
    ordered = sorted(each, key=lambda instance: isinstance(instance, Answering))
    return Block("RELAYS", heads, most([_instance(one) for one in ordered], number))


def _instance(instance: Instance) -> Row:
    match instance:
        case Silent():
            values = (words.NOTHING,) * 5
            return Row(instance.address, (*values, instance.why), Tone.BAD)
        case Answering():
            api, process = instance.figures.api, instance.figures.process
            orders = instance.figures.orders
            out = [flow.per_second for flow in orders.replies.values()]
            rates = [rate for rate in out if rate is not None]
            held = f"held: {', '.join(sorted(api.held))}" if api.held else ""
            cpu = None if process.cpu is None else process.cpu.per_second
            values = (
                words.rate(None if orders.taken is None else orders.taken.per_second),
                words.rate(sum(rates) if rates else None),
                words.count(api.in_flight),
                words.NOTHING if cpu is None else words.share(cpu),
                words.size(process.memory_bytes),
            )
            state = held or f"up {words.duration(process.uptime_seconds)}"
            return Row(instance.address, (*values, state), _held_tone(api, Tone.PLAIN))
        case _ as never:  # pragma: no cover
            assert_never(never)


def _held_tone(api: Api, free: Tone = Tone.DIM) -> Tone:
    if not api.held:
        return free
    return Tone.LOOK if set(api.held) == {HoldReason.THROTTLED} else Tone.BAD


def _rank(outcome: str, api: Api) -> int:
    flow = api.attempts.get(outcome)
    return 0 if flow is not None and flow.lately else _WITHOUT.get(outcome, 0)


def _three(found: Quantiles | None) -> tuple[str, str, str]:
    if found is None:
        return (words.NOTHING,) * 3
    return words.duration(found.p50), words.duration(found.p95), words.duration(found.p99)


def _connections(up: Mapping[str, tuple[int, int]]) -> str:
    """Those that are not all up: what works needs no room."""
    if not up:
        return words.NOTHING
    broken = {name: (standing, of) for name, (standing, of) in up.items() if standing < of}
    if not broken:
        return "connected"
    if len(up) > 1 and not any(standing for standing, _ in up.values()):
        return "all down"
    return ", ".join(f"{name} {_state(*numbers)}" for name, numbers in sorted(broken.items()))


def _state(standing: int, of: int) -> str:
    return f"{standing} of {of}" if of > 1 else "down"


def _causes(broker: Broker) -> str:
    """How many reconnects, and what most of them were for."""
    causes = {cause: flow.total for cause, flow in broker.reconnects.items() if flow.total}
    total = words.count(sum(causes.values()))
    if not causes:
        return total
    worst = max(causes, key=lambda cause: causes[cause])
    return f"{total}, {worst}" if len(causes) == 1 else f"{total}, mostly {worst}"
