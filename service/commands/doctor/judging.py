"""What is found, from what was seen: pure rules."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from service.app.settings import ShownSettings
from service.commands.doctor import kinds
from service.commands.doctor.findings import Finding, Kind, Mark
from service.core import rabbitmq
from service.core.topology import Exchange, Queue, Topology
from service.edges.amqp.examination import Examined, entity
from service.edges.amqp.questions import NO_TIME
from service.flow.events.faults import BrokerFault

SOON = timedelta(days=14)
MOST_HELD_SECONDS = 900.0
WRITABLE_BY_OTHERS = 0o002

IMAGE_PREFIX = "/opt/order-relay"
"""Where the Dockerfile puts the program: so the image is known."""

PLACEMENT = frozenset(
    {"x-quorum-initial-group-size", "x-quorum-target-group-size", "x-queue-leader-locator"}
)
"""Arguments that say where a queue is, and nothing of what it keeps: the operator's business."""

ALTERNATE = "alternate-exchange"

CHANGING = frozenset(
    {
        "dead-letter-exchange",
        "dead-letter-routing-key",
        "dead-letter-strategy",
        "delivery-limit",
        "expires",
        "max-age",
        "max-length",
        "max-length-bytes",
        "message-ttl",
        "overflow",
    }
)
"""What a policy may say that loses messages, moves them or throws a queue away."""


def of_unreached(why: str, fault: BrokerFault | None) -> Finding:
    """Why there is no connection."""
    return Finding(kinds.FAULTS.get(fault, kinds.UNREACHED) if fault else kinds.UNREACHED, why)


def of_several(findings: Iterable[Finding]) -> list[Finding]:
    """A broker that is away, where another one can be used, is no reason to stop."""
    found = list(findings)
    if not any(each.kind is kinds.CONNECTED for each in found):
        return found
    away = {*kinds.FAULTS.values(), kinds.UNREACHED}
    return [
        Finding(replace(each.kind, mark=Mark.LOOK), each.found) if each.kind in away else each
        for each in found
    ]


def of_broker(
    seen: Examined, topology: Topology, *, declares: bool, where: str | None = None
) -> Iterator[Finding]:
    """What is there, and what the user may do; each with the broker, where there are several."""
    for each in _of_broker(seen, topology, declares=declares):
        named = where is None or where in each.found
        yield each if named else Finding(each.kind, f"{where}: {each.found}")


def _of_broker(seen: Examined, topology: Topology, *, declares: bool) -> Iterator[Finding]:
    kind = kinds.CONNECTED if rabbitmq.numbers(seen.version) >= rabbitmq.LEAST else kinds.OLD
    yield Finding(kind, f"{seen.address}: RabbitMQ {seen.version}")
    if (seconds := seen.slow_login_seconds) is not None:
        yield Finding(kinds.SLOW, f"{seen.address}: the login took {seconds:.0f} s")
    yield from _of_topology(seen, topology, declares=declares)
    lacks = (
        (kinds.LACKING, seen.lacks),
        (kinds.LACKING_SHARE, seen.lacks_to_share),
        (kinds.LACKING_RESCUE, seen.lacks_to_rescue),
    )
    for kind, lacking in lacks:
        if lacking:
            yield Finding(kind, f"the user may not {', '.join(map(str, lacking))}")
    if BrokerFault.MISSING in seen.topology.wrong.values():
        yield Finding(kinds.UNASKED, "rights on what is missing: it is not there to ask for")
    elif not (seen.unasked or any(lacking for _, lacking in lacks)):
        yield Finding(kinds.RIGHTS, "the user has every right that the relay needs")
    # Rights on what is not there are those of another namespace's operator.
    if seen.beyond and not is_nothing_there(seen, topology):
        yield Finding(kinds.TOO_MANY, f"the user may {', '.join(map(str, seen.beyond))}")
    yield from _of_unasked(seen)


def _of_unasked(seen: Examined) -> Iterator[Finding]:
    """What has no answer is never well."""
    if seen.blocked:
        yield Finding(kinds.BLOCKED, f"{seen.address} blocks those who publish")
    elif any(why != NO_TIME for _, why in seen.unasked):
        told = f"{seen.address}: no answer to {len(seen.unasked)} questions"
        yield Finding(kinds.SILENT, told)
    elif seen.unasked:
        told = f"{seen.address}: no time was left for {len(seen.unasked)} questions"
        yield Finding(kinds.SLOW, told)
    for reason in dict.fromkeys(why for _, why in seen.unasked):
        whats = ", ".join(what for what, why in seen.unasked if why == reason)
        yield Finding(kinds.UNASKED, f"{whats}: {reason}")


def _of_topology(seen: Examined, topology: Topology, *, declares: bool) -> Iterator[Finding]:
    look, missing = seen.topology, kinds.UNDECLARED if declares else kinds.MISSING
    if not declares and is_nothing_there(seen, topology):
        told = f"{seen.address} has nothing of the namespace {topology.namespace}"
        yield Finding(kinds.NOTHING, told)
        return
    for what, fault in look.wrong.items():
        kind = missing if fault is BrokerFault.MISSING else kinds.DIFFERS
        of_the_peers = f" {topology.peers} " in what
        yield Finding(kinds.NO_STREAM if of_the_peers and not declares else kind, what)
    if look.unseen:
        yield Finding(kinds.UNSEEN, ", ".join(look.unseen))
    if look.uncompared and declares:
        yield Finding(kinds.UNCOMPARED, ", ".join(look.uncompared))
    things: list[Exchange | Queue] = [*topology.exchanges, *topology.queues]
    unasked = {what for what, _ in seen.unasked}
    if not (look.wrong or look.unseen or unasked & set(map(entity, things))):
        yield Finding(kinds.STANDS, f"the topology is there ({len(things)} entities)")


def is_nothing_there(seen: Examined, topology: Topology) -> bool:
    """Whether each queue and each exchange is missing."""
    missing = [one for one in seen.topology.wrong.values() if one is BrokerFault.MISSING]
    return len(missing) == len(topology.exchanges) + len(topology.queues)


def of_certificate(kind: Kind, whose: str, ends: datetime, now: datetime) -> Iterator[Finding]:
    """Whether it ends soon."""
    if ends < now + SOON:
        yield Finding(kind, f"{whose}: its certificate ends on {ends:%Y-%m-%d}")


def of_problems(problems: Iterable[str]) -> Iterator[Finding]:
    """Settings with which no relay starts."""
    for problem in problems:
        yield Finding(kinds.BAD_SETTINGS, problem)


def of_settings(settings: ShownSettings) -> Iterator[Finding]:
    """What does not fit together."""
    ends, attempt = settings.drain_seconds, settings.api.timeout_seconds
    if ends <= attempt:
        yield Finding(kinds.DRAIN, f"{ends:g} s to drain, and {attempt:g} s for an attempt")
    rate = settings.api.rate_per_second
    if rate is not None and settings.prefetch / rate > MOST_HELD_SECONDS:
        held = f"a prefetch of {settings.prefetch} at {rate:g}/s"
        yield Finding(kinds.PREFETCH, f"{held} is held for {settings.prefetch / rate:.0f} s")
    for broker in settings.amqp.plain_brokers:
        yield Finding(kinds.PLAIN, f"broker {broker}")


def of_mode(path: str, mode: int) -> Iterator[Finding]:
    """Whether others could put a secret of theirs there."""
    if mode & WRITABLE_BY_OTHERS:
        yield Finding(kinds.OPEN_FILE, f"{path} has the mode {mode & 0o777:04o}")


def of_user(uid: int, prefix: str) -> Iterator[Finding]:
    """Whether the image runs as another user than its own; elsewhere that is a person's."""
    if uid == 0 and prefix == IMAGE_PREFIX:
        yield Finding(kinds.ROOT, "the process is root")


def of_bindings(
    topology: Topology, queues: Container[str], there: Iterable[tuple[str, str, str]]
) -> Iterator[Finding]:
    """Those that are missing of `queues`; `there` has exchange, queue and key of each."""
    known = set(there)
    for one in topology.bindings:
        if one.queue in queues and (one.exchange, one.queue, one.routing_key) not in known:
            key = f" with the key {one.routing_key}" if one.routing_key else ""
            yield Finding(kinds.UNBOUND, f"queue {one.queue} is not bound to {one.exchange}{key}")


def of_arguments(queue: Queue, there: Mapping[str, object], kind: str) -> Iterator[Finding]:
    """Every argument in which a queue of this kind, as `quorum`, is not as it should be."""
    placed = (name for name in there if name in PLACEMENT)
    seen = {"x-queue-type": kind, **there, **dict.fromkeys(placed)}
    for name in sorted(seen.keys() | queue.arguments.keys()):
        theirs, ours = (_shown(each.get(name)) for each in (seen, queue.arguments))
        if theirs != ours:
            what = f"{name} is {theirs}, must be {ours}"
            yield Finding(kinds.DIFFERS, f"queue {queue.name} differs: {what}")


def _shown(value: object) -> str:
    return "none" if value is None else f"'{value}'"


def of_policy(queue: str, policy: str | None, definition: Iterable[str]) -> Iterator[Finding]:
    """What a queue's effective policy changes that matters."""
    if changes := sorted(CHANGING.intersection(definition)):
        named = f"policy {policy!a}" if policy else "an operator policy"
        yield Finding(kinds.POLICY, f"{named} sets {', '.join(changes)} on queue {queue}")


def of_exchange_policy(
    exchange: Exchange, policy: str, definition: Mapping[str, object]
) -> Iterator[Finding]:
    """Where a policy sends what no queue is bound for; an argument of the exchange overrules it."""
    other = definition.get(ALTERNATE)
    if other is not None and ALTERNATE not in exchange.arguments:
        what = f"exchange {exchange.name}: {ALTERNATE} is {other!a}"
        yield Finding(kinds.ELSEWHERE, f"policy {policy!a} changes {what}")
