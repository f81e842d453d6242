"""Finding what is not as it should be: by the bounds of the alert rules, without their patience."""

from collections.abc import Iterator
from typing import assert_never

from service.commands.top.changes import Flow
from service.commands.top.figures import Api, Broker, Figures, Orders, Process
from service.commands.top.findings import (
    AttemptsFail,
    Disconnected,
    Finding,
    Held,
    InstanceSilent,
    LoopLate,
    MemoryNear,
    MostRejected,
    NoConsumer,
    OldOrder,
    OrdersFailed,
    OrdersUnknown,
    Parked,
    QueueMissing,
    Reconnected,
    Severity,
    Unrouted,
    severity,
)
from service.core.codes import Status
from service.core.depths import PARKED, REQUESTS, UNROUTED, Depths, NotAsked, Queues

OLD_ORDER_SECONDS = 600
LOOP_LATE_SECONDS = 0.5
MEMORY_SHARE = 0.85
FEW_FAIL_SHARE = 0.01
FEWEST_REJECTED = 5
MOST_SHARE = 0.5
"""So many rejections are seldom the orders' own fault: an account without balance makes them."""


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
    tried = sum(map(_lately, api.attempts.values()))
    failed = sum(_lately(api.attempts.get(outcome)) for outcome in ("unreached", "unknown"))
    if tried > 0 and failed / tried > FEW_FAIL_SHARE:
        yield AttemptsFail(failed / tried)


def _of_broker(broker: Broker) -> Iterator[Finding]:
    for connection, (up, of) in sorted(broker.up.items()):
        if up < of:
            yield Disconnected(connection, of - up)
    anew = sum(map(_lately, broker.reconnects.values()))
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
        if status in by_status:
            by_status[Status(status)] += _lately(flow)
    if by_status[Status.UNKNOWN] > 0:
        yield OrdersUnknown(by_status[Status.UNKNOWN])
    if by_status[Status.FAILED] > 0:
        yield OrdersFailed(by_status[Status.FAILED])
    yield from _rejections(orders)
    if orders.oldest_seconds is not None and orders.oldest_seconds > OLD_ORDER_SECONDS:
        yield OldOrder(orders.oldest_seconds)


def _rejections(orders: Orders) -> Iterator[Finding]:
    answered = sum(map(_lately, orders.replies.values()))
    rejected = {
        code: _lately(flow)
        for (status, code), flow in orders.replies.items()
        if status == Status.REJECTED
    }
    if (number := sum(rejected.values())) >= FEWEST_REJECTED and number > answered * MOST_SHARE:
        yield MostRejected(number / answered, max(rejected, key=lambda code: rejected[code]))


def _of_process(process: Process) -> Iterator[Finding]:
    if process.loop_late is not None and process.loop_late.p99 > LOOP_LATE_SECONDS:
        yield LoopLate(process.loop_late.p99)
    if process.memory_share is not None and process.memory_share > MEMORY_SHARE:
        yield MemoryNear(process.memory_share)


def _lately(flow: Flow | None) -> float:
    """What it counted since the scrape before: what was long ago is no news."""
    return 0.0 if flow is None or flow.per_second is None else flow.lately
