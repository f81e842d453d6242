"""What is not as it should be: by the bounds of the alert rules, but without their patience."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from service.core.codes import Status
from service.core.depths import PARKED, REQUESTS, UNROUTED, Depths, NotAsked, Queues
from service.edges.top.changes import Flow
from service.edges.top.figures import Api, Broker, Figures, Orders, Process
from service.flow.vocabulary import HoldReason

OLD_ORDER_SECONDS = 600
LOOP_LATE_SECONDS = 0.5
MEMORY_SHARE = 0.85
FEW_FAIL_SHARE = 0.01
MANY_FAIL_SHARE = 0.144
"""14.4 times the allowance of 1 %, as the fast alert has it."""


class Severity(Enum):
    """How much a finding matters."""

    LOOK = "look"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class InstanceSilent:
    """Relays that do not answer."""

    count: int
    of: int


@dataclass(frozen=True, slots=True)
class Held:
    """No new order is sent, by so many relays, for this reason."""

    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """So many of these broker connections are down."""

    connection: str
    count: int


@dataclass(frozen=True, slots=True)
class Reconnected:
    """Broker connections were built anew lately."""

    count: float


@dataclass(frozen=True, slots=True)
class OrdersUnknown:
    """Orders were given up lately that may exist."""

    count: float


@dataclass(frozen=True, slots=True)
class OrdersFailed:
    """Orders were given up lately that certainly do not exist."""

    count: float


@dataclass(frozen=True, slots=True)
class AttemptsFail:
    """The share of the attempts at the API that came to no certain answer."""

    share: float


@dataclass(frozen=True, slots=True)
class OldOrder:
    """The oldest order on its way is this old."""

    seconds: float


@dataclass(frozen=True, slots=True)
class LoopLate:
    """The event loop wakes up so late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class MemoryNear:
    """A relay uses this share of the memory that it may use."""

    share: float


@dataclass(frozen=True, slots=True)
class QueueMissing:
    """These queues do not stand at the broker."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoConsumer:
    """Nobody takes requests; so many wait."""

    waiting: int


@dataclass(frozen=True, slots=True)
class Parked:
    """So many messages wait for a person."""

    count: int


@dataclass(frozen=True, slots=True)
class Unrouted:
    """So many replies found no receiver."""

    count: int


Finding = (
    InstanceSilent
    | Held
    | Disconnected
    | Reconnected
    | OrdersUnknown
    | OrdersFailed
    | AttemptsFail
    | OldOrder
    | LoopLate
    | MemoryNear
    | QueueMissing
    | NoConsumer
    | Parked
    | Unrouted
)


def severity(finding: Finding) -> Severity:
    """BAD where orders stand still, may be lost sight of, or cost money twice."""
    match finding:
        case Held():
            # The API itself asks for it, and the orders wait in turn.
            return Severity.LOOK if finding.reason == HoldReason.THROTTLED else Severity.BAD
        case AttemptsFail():
            return Severity.BAD if finding.share > MANY_FAIL_SHARE else Severity.LOOK
        case InstanceSilent() | Disconnected() | OrdersUnknown() | QueueMissing() | NoConsumer():
            return Severity.BAD
        case Reconnected() | OrdersFailed() | OldOrder() | LoopLate() | MemoryNear():
            return Severity.LOOK
        case Parked() | Unrouted():
            return Severity.LOOK
        case _ as never:  # pragma: no cover
            assert_never(never)


def find(figures: Figures | None, queues: Queues, *, silent: int, of: int) -> tuple[Finding, ...]:
    """All findings, the bad ones first."""
    found: list[Finding] = [InstanceSilent(silent, of)] if silent else []
    if figures is not None:
        found += _of_api(figures.api)
        found += _of_broker(figures.broker)
    found += _of_queues(queues)
    if figures is not None:
        found += _of_orders(figures.orders)
        found += _of_process(figures.process)
    return tuple(sorted(found, key=lambda finding: severity(finding) is Severity.LOOK))


def _of_api(api: Api) -> Iterator[Finding]:
    for reason, count in sorted(api.held.items()):
        yield Held(reason, count)
    tried = sum(flow.lately for flow in api.attempts.values())
    failed = sum(_lately(api.attempts.get(outcome)) for outcome in ("unreached", "unknown"))
    if tried > 0 and failed / tried > FEW_FAIL_SHARE:
        yield AttemptsFail(failed / tried)


def _of_broker(broker: Broker) -> Iterator[Finding]:
    for connection, (up, of) in sorted(broker.up.items()):
        if up < of:
            yield Disconnected(connection, of - up)
    anew = sum(flow.lately for flow in broker.reconnects.values() if flow.per_second is not None)
    if anew > 0:
        yield Reconnected(anew)


def _of_queues(queues: Queues) -> Iterator[Finding]:
    match queues:
        case NotAsked():
            return
        case Depths():
            yield from _of_depths(queues)
        case _ as never:  # pragma: no cover
            assert_never(never)


def _of_depths(depths: Depths) -> Iterator[Finding]:
    if missing := tuple(name for name, depth in depths.queues.items() if depth is None):
        yield QueueMissing(missing)
    requests = depths.queues.get(REQUESTS)
    if requests is not None and not requests.consumers:
        yield NoConsumer(requests.ready)
    for name, finding in ((PARKED, Parked), (UNROUTED, Unrouted)):
        depth = depths.queues.get(name)
        if depth is not None and depth.ready:
            yield finding(depth.ready)


def _of_orders(orders: Orders) -> Iterator[Finding]:
    by_status = {Status.UNKNOWN: 0.0, Status.FAILED: 0.0}
    for (status, _), flow in orders.replies.items():
        # What was long ago is no news: it shows in the totals.
        if status in by_status and flow.per_second is not None:
            by_status[Status(status)] += flow.lately
    if by_status[Status.UNKNOWN] > 0:
        yield OrdersUnknown(by_status[Status.UNKNOWN])
    if by_status[Status.FAILED] > 0:
        yield OrdersFailed(by_status[Status.FAILED])
    if orders.oldest_seconds is not None and orders.oldest_seconds > OLD_ORDER_SECONDS:
        yield OldOrder(orders.oldest_seconds)


def _of_process(process: Process) -> Iterator[Finding]:
    if process.loop_late is not None and process.loop_late.p99 > LOOP_LATE_SECONDS:
        yield LoopLate(process.loop_late.p99)
    if process.memory_share is not None and process.memory_share > MEMORY_SHARE:
        yield MemoryNear(process.memory_share)


def _lately(flow: Flow | None) -> float:
    return 0.0 if flow is None else flow.lately
