"""An API that answers nobody, refuses the key, or has something against some orders or attempts."""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any, cast

from pamqp.common import FieldTable

from service.core.history import History, to_headers
from tests.trials.limits.cases import (
    LATENCY_SECONDS,
    FirstFail,
    Neighbours,
    Outage,
    R,
    WrongKey,
    limits,
)
from tests.trials.limits.measuring import back_after, between, delivered, overtaken_by
from tests.trials.limits.results import Seen, share
from tests.trials.limits.stage import KEYS, Stage
from tests.trials.limits.steady import SPARE_ORDERS
from tests.world.load import Order, left, new_orders, until
from tests.world.load.orders import good_body
from tests.world.standin.answers import Kind
from tests.world.standin.limiter import Limits

FLOWING_SECONDS = 15.0
WATCHED_SECONDS = 20.0
FULL = 0.95
CONCURRENCY = 64
"""The relay's own default: so many orders of each replica may be on their way at once."""
HELD_SECONDS = 5.0


async def outage(case: Outage, stage: Stage) -> list[Seen]:
    """How often the API was called meanwhile, how soon all is served again, and in which order."""
    await stage.limit(limits())
    await stage.fill(R * FLOWING_SECONDS + case.orders)
    await stage.start(case.replicas, R)
    await stage.wait(FLOWING_SECONDS)
    after = case.retry_after_seconds
    answer: dict[str, Any] = {"status": 500}
    if after is not None:
        answer = {"status": 503, "headers": {"Retry-After": str(after)}}
    stage.tell(f"{case.seconds:g} s without an answer")
    began = time.monotonic()
    await stage.fail({"fault": "status", **answer})
    await stage.wait(case.seconds)
    await stage.fail()
    ended = time.monotonic()
    stage.tell("the API is back")
    await stage.wait(case.within_seconds + WATCHED_SECONDS)
    watched = time.monotonic()
    await _all_answered(stage, 1.5 * len(stage.sent) / R)
    calls = await stage.calls()
    queues = await asyncio.to_thread(stage.broker.queues)
    ledger = await stage.api.ask("GET", "/ledger?summary=1")
    accepted = sum(reply.status == "accepted" for reply in stage.replies.by_id.values())
    in_vain = [call.order for call in between(calls, began, ended) if not call.served]
    # Those that were tried wait in the tiers; the others come in their order. What was under way
    # when it began failed, too.
    tried = {call.order for call in calls if not call.served and call.at < ended}
    patient = [order for order in stage.sent if order not in tried]
    since = ended + case.within_seconds
    return [
        Seen("calls meanwhile", len(in_vain), most=case.calls),
        share("delivered after 5 s", delivered(calls, R, since, watched), least=FULL),
        Seen("back after s", back_after(calls, R, ended, watched)),
        Seen("accepted", accepted, least=len(stage.sent)),
        Seen("placed twice", ledger["more_than_one_order"], most=0),
        Seen("parked", left(queues).get("orders.parked", 0), most=0),
        Seen("places late", overtaken_by(patient, calls), most=CONCURRENCY * case.replicas),
        Seen("of those that were tried", overtaken_by(stage.sent, calls)),
    ]


async def wrong_key(case: WrongKey, stage: Stage) -> list[Seen]:
    """How often the API was called with it, and how soon all is served with the right one."""
    flowing = 0.0 if case.from_the_start else FLOWING_SECONDS
    await stage.limit(limits())
    await stage.fill(R * (flowing + case.within_seconds + WATCHED_SECONDS) + SPARE_ORDERS)
    if case.from_the_start:
        await stage.accept("another")
        await stage.start(case.replicas, R)
        began = 0.0
    else:
        await stage.start(case.replicas, R)
        await stage.wait(FLOWING_SECONDS)
        began = time.monotonic()
        await stage.accept("another")
    stage.tell(f"{case.seconds:g} s with a wrong key")
    await stage.wait(HELD_SECONDS)
    answered = len(stage.replies)
    await stage.wait(case.seconds - HELD_SECONDS)
    answered_meanwhile = len(stage.replies) - answered
    await stage.accept(*KEYS)
    mended = time.monotonic()
    await stage.wait(case.within_seconds + WATCHED_SECONDS)
    over = time.monotonic()
    stage.some_are_left()
    calls = await stage.calls()
    refused = [call for call in calls if call.answered == Kind.UNAUTHORIZED]
    first = max(began, refused[0].at if refused else 0.0)
    others = sum(reply.status != "accepted" for reply in stage.replies.by_id.values())
    since = mended + case.within_seconds
    return [
        Seen("calls in 5 s", len(between(refused, first, first + HELD_SECONDS)), most=case.calls),
        Seen("calls in all", len(refused)),
        Seen("answered meanwhile", answered_meanwhile + others, most=0),
        share("delivered 5 s after the right key", delivered(calls, R, since, over), least=FULL),
        Seen("back after s", back_after(calls, R, mended, over)),
    ]


async def neighbours(case: Neighbours, stage: Stage) -> list[Seen]:
    """How long good orders take beside those that the API has something against."""
    await stage.limit(Limits(latency_seconds=LATENCY_SECONDS))
    await stage.fail(*_BAD.values())
    await stage.start(case.replicas)
    good = list(new_orders("good", int(case.seconds * case.per_second)))
    published: dict[str, float] = {}
    began = time.monotonic()
    for number, order in enumerate(good):
        if number == int(2 * case.per_second):
            await _publish_bad(stage)
        await asyncio.sleep(max(0.0, began + number / case.per_second - time.monotonic()))
        published[order.request_id] = time.monotonic()
        await stage.producer.publish(order)
    replies = stage.replies.by_id
    await stage.wait(case.within_seconds + 1)
    taken = [
        replies[name].arrived_at - at if name in replies else float("inf")
        for name, at in published.items()
    ]
    asked = Counter(call.order for call in await stage.calls())
    return [
        Seen("slowest good order s", max(taken), most=case.within_seconds),
        Seen(
            "good and accepted",
            sum(name in replies and replies[name].status == "accepted" for name in published),
            least=len(good),
        ),
        *(Seen(f"calls for {name}", asked[name]) for name in _BAD),
    ]


async def first_fail(case: FirstFail, stage: Stage) -> list[Seen]:
    """How long it takes until all are answered."""
    await stage.limit(Limits(latency_seconds=LATENCY_SECONDS))
    await stage.fail({"fault": "status", "status": 500, "match": {"first": case.first}})
    await stage.fill(case.orders)
    began = time.monotonic()
    await stage.start(case.replicas)
    await _all_answered(stage, 3 * case.seconds)
    replies = stage.replies.by_id.values()
    taken = max((reply.arrived_at for reply in replies), default=began) - began
    accepted = sum(reply.status == "accepted" for reply in replies)
    return [
        Seen("accepted", accepted, least=case.orders),
        Seen("seconds", taken, most=case.seconds),
        Seen("calls for an order", len(await stage.calls()) / case.orders),
    ]


_BAD: dict[str, dict[str, Any]] = {
    "forbidden": {"status": 403, "body": "<html>Forbidden</html>"},
    "missing": {"status": 404, "body": '{"error": "Not found"}'},
    "database": {
        "status": 400,
        "body": '{"error": "duplicate key value violates unique constraint orders_pkey"}',
    },
    "tenth": {"status": 429, "times": 1},
}
"""By the order's id, what the API answers it; the last one once, then it is served."""
for _name, _rule in _BAD.items():
    _rule |= {"fault": "status", "match": {"request_id": _name}}


async def _publish_bad(stage: Stage) -> None:
    """The last one is on its tenth attempt: it has waited nine times before."""
    *others, tenth = (Order(name, good_body(1).encode()) for name in _BAD)
    await stage.producer.publish_all(others)
    history = History(datetime.now(UTC), attempts=9, retries=9, last_outcome="unreached")
    await stage.producer.publish(
        tenth,
        exchange="orders.retry",
        routing_key="1",
        headers=cast("FieldTable", to_headers(history)),
    )


async def _all_answered(stage: Stage, seconds: float) -> None:
    """Returns when each order has a reply, or when that takes too long."""

    async def answered() -> bool:
        return len(stage.replies) >= len(stage.sent)

    try:
        await until(answered, "all are answered", timeout_seconds=seconds, poll_seconds=0.1)
    except TimeoutError:
        stage.tell(f"{len(stage.replies)} of {len(stage.sent)} answered after {seconds:g} s")
