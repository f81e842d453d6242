"""Cases of an API that fails: an outage, a wrong key, chance, and bad neighbours."""

from collections.abc import Iterable
from functools import partial
from random import Random

from service.core.history import ATTEMPTS, RETRIES
from service.core.outcome import Answered, ApiResult
from tests.flow.fakes import refusal, request
from tests.flow.fleet.api import FAILED, UNAUTHORIZED, UNREACHED, Fault
from tests.flow.fleet.cases import Case, Figure, at_least, at_most
from tests.flow.fleet.fleet import Fleet
from tests.world.standin.limiter import Bucket

RATE = 80.0
PREFETCH = 128
CONCURRENCY = 64
"""So many of each replica may go at the same time: who is overtaken by no more keeps its place."""


def _world(replicas: int, fault: Fault, orders: int | None = None) -> Fleet:
    some = None if orders is None else iter([request(f"o-{number}") for number in range(orders)])
    limit = Bucket(lambda _: RATE)
    return Fleet(replicas, limit, RATE, 1.0, fault, whole=True, prefetch=PREFETCH, orders=some)


async def outage(
    replicas: int, orders: int, answer: ApiResult, begin: float, seconds: float = 300
) -> list[Figure]:
    """Few calls while it lasts, and afterwards everything at once, in order, once."""
    end = begin + seconds

    def fault(now: float, _order: str, _nth: int) -> ApiResult | None:
        return answer if begin <= now < end else None

    fleet = _world(replicas, fault, orders)
    await fleet.run(end)
    waiting = orders - int(fleet.api.served_per_second(0, end) * end + 0.5)
    await fleet.run(15)
    served_at = end + 5
    # As long as there are orders for it at the full rate.
    full = min(10.0, (waiting - 5 * RATE) / RATE)
    again = fleet.api.served_per_second(served_at, served_at + full) / RATE
    await fleet.run(orders / RATE + 10)
    placed = [call.order for call in fleet.api.calls if call.status == 200]
    return [
        at_most("calls", len(fleet.api.within(begin, end)), 100),
        at_least("again", again, 0.95),
        at_least("answered", len({order for _, order, _ in fleet.queue.replies}), orders),
        at_most("placed twice", len(placed) - len(set(placed)), 0),
        at_most("parked", len(fleet.queue.parked), 0),
        at_most("overtaken by", fleet.api.overtaken(), replicas * CONCURRENCY),
        at_most("foreign", sum(call.foreign for call in fleet.api.calls), 0),
    ]


async def wrong_key(replicas: int, begin: float) -> list[Figure]:
    """Held within 10 calls, then only probes; none is answered for it."""
    end = begin + 120

    def fault(now: float, _order: str, _nth: int) -> ApiResult | None:
        return UNAUTHORIZED if begin <= now < end else None

    fleet = _world(replicas, fault)
    await fleet.run(end + 15)
    api = fleet.api
    in_vain = [at for at, _, status in fleet.queue.replies if status != "accepted"]
    return [
        at_most("calls until held", len(api.within(begin, begin + 2)), 10),
        at_most("probes a second", len(api.within(begin + 10, end)) / 110, 1 / 1.5),
        at_most("answered", len(in_vain) + len(fleet.queue.parked), 0),
        at_least("again", api.served_per_second(end + 5, end + 15) / RATE, 0.95),
    ]


async def fails_at_random(replicas: int, part: float) -> list[Figure]:
    """What succeeds is compared with what would if all were sent at the full rate."""
    chance = Random(7)

    def fault(_now: float, _order: str, _nth: int) -> ApiResult | None:
        return FAILED if chance.random() < part else None

    fleet = _world(replicas, fault)
    await fleet.run(120)
    could = RATE * (1 - part)
    return [at_least("of what could", fleet.api.served_per_second(20, 120) / could, 0.6)]


async def first_two_fail(replicas: int) -> list[Figure]:
    """An API that fails each order's first two attempts serves them all."""

    def fault(_now: float, _order: str, nth: int) -> ApiResult | None:
        return FAILED if nth <= 2 else None

    fleet = _world(replicas, fault, 500)
    await fleet.run(60)
    return [
        at_least("answered", len({order for _, order, _ in fleet.queue.replies}), 500),
        at_most("calls", len(fleet.api.calls), 1500),
    ]


BAD: dict[str, tuple[ApiResult, int]] = {
    "f": (Answered(403, b"<html>"), 1000),
    "n": (Answered(404, b"{}"), 1000),
    "k": (refusal("Duplicate entry 'x' for key 'orders.request_id'"), 1000),
    "i": (refusal("Invalid API key"), 1000),
    "t": (Answered(429, b""), 3),
}
"""What orders whose ids begin so are answered, and how often."""


async def bad_neighbours(
    replicas: int, names: Iterable[str], every: int | None = None
) -> list[Figure]:
    """10 good orders a second, each placed within 2 s, whatever others meet, once or again."""

    def fault(_now: float, order: str, nth: int) -> ApiResult | None:
        answer, times = BAD.get(order[0], (None, 0))
        return answer if nth <= times else None

    fleet = _world(replicas, fault, 0)
    await fleet.run(3)
    sent: dict[str, float] = {}
    for second in range(60):
        for name in names if second == 0 or (every and second % every == 0) else ():
            tried = {ATTEMPTS: 9, RETRIES: 9} if name == "t" else {}
            fleet.queue.send(request(f"{name}-{second}", headers=tried), again=bool(tried))
        for number in range(10):
            sent[f"good-{second}-{number}"] = fleet.now
            fleet.queue.send(request(f"good-{second}-{number}"))
            await fleet.run(0.1)
    await fleet.run(10)
    waits = [at - sent.pop(order) for at, order, _ in fleet.queue.replies if order in sent]
    return [at_most("not answered", len(sent), 0), at_most("longest wait", max(waits), 2.0)]


def failing_cases() -> dict[str, Case]:
    """All of them."""
    told = {f"503-after-{s}": Answered(503, b"", retry_after=str(s)) for s in (1, 5)}
    answers: dict[str, ApiResult] = {"unreached": UNREACHED, "500": FAILED, **told}
    cases: dict[str, Case] = {}
    for replicas in (1, 3, 8):
        for name, answer in answers.items():
            cases[f"outage-{name}/{replicas}"] = partial(outage, replicas, 3000, answer, 0)
            cases[f"outage-later-{name}/{replicas}"] = partial(outage, replicas, 5000, answer, 10)
        cases[f"outage-10000/{replicas}"] = partial(outage, replicas, 10000, UNREACHED, 0)
        cases[f"wrong-key/{replicas}"] = partial(wrong_key, replicas, 0)
        cases[f"wrong-key-later/{replicas}"] = partial(wrong_key, replicas, 20)
        for part in (0.5, 0.7):
            cases[f"fails-{part:.0%}/{replicas}"] = partial(fails_at_random, replicas, part)
        cases[f"first-two-fail/{replicas}"] = partial(first_two_fail, replicas)
        cases[f"neighbours/{replicas}"] = partial(bad_neighbours, replicas, BAD)
        cases[f"neighbours-again/{replicas}"] = partial(bad_neighbours, replicas, "fnki", 5)
        cases[f"throttled-again/{replicas}"] = partial(bad_neighbours, replicas, "t", 5)
    return cases
