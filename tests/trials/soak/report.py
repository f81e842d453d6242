"""What a soak found, and what of it is wrong: pure, so that every check can be seen to fail."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.world.load import Reply

MUST_BE_EMPTY = ("requests", "retry", "parked", "unrouted")
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """The relay when `orders` had been replied to, and what the orders since the last one took."""

    orders: int
    seconds: float
    resident_kib: int
    cpu_seconds: float
    backlog: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """The stand-in's book: the totals, and orders and answer of each request_id."""

    totals: Mapping[str, int]
    orders: Mapping[str, int]
    answers: Mapping[str, str | None]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Ledger":
        """As `GET /ledger` tells it."""
        entries = value["by_request_id"]
        return cls(
            totals={name: number for name, number in value.items() if name != "by_request_id"},
            orders={request_id: entry["orders"] for request_id, entry in entries.items()},
            answers={request_id: entry["answer"] for request_id, entry in entries.items()},
        )


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that the checks look at; `queues` counts what was left in each."""

    expected: frozenset[str]
    replies: Mapping[str, Reply]
    repeated: Mapping[str, int]
    ledger: Ledger
    queues: Mapping[str, int]
    samples: tuple[Sample, ...]
    relay_exit_code: int
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A soak in numbers, for people and for JSON; `problems` is empty when all is well."""

    orders: int
    replies: int
    statuses: Mapping[str, int]
    duplicates: int
    calls: int
    ledger: Mapping[str, int]
    queues: Mapping[str, int]
    seconds: float
    orders_per_second: float
    cpu_microseconds_per_order: float
    growth_kib: int
    samples: list[Sample] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def report(found: Findings, *, growth_limit_kib: int) -> Report:
    """The numbers, and what is wrong with them."""
    first, last = found.samples[0], found.samples[-1]
    return Report(
        orders=len(found.expected),
        replies=len(found.replies),
        statuses=dict(Counter(reply.status for reply in found.replies.values())),
        duplicates=sum(found.repeated.values()),
        calls=found.ledger.totals["calls"],
        ledger=dict(found.ledger.totals),
        queues=dict(found.queues),
        seconds=last.seconds,
        orders_per_second=last.orders / last.seconds,
        cpu_microseconds_per_order=last.cpu_seconds / last.orders * 1e6,
        growth_kib=last.resident_kib - first.resident_kib,
        samples=list(found.samples),
        problems=[
            *_reply_problems(found),
            *_ledger_problems(found),
            *_queue_problems(found),
            *_memory_problems(found, growth_limit_kib),
            *_relay_problems(found),
        ],
    )


def _reply_problems(found: Findings) -> list[str]:
    wrong = {
        f"{request_id} ({reply.status})"
        for request_id, reply in found.replies.items()
        if reply.status != "accepted"
    }
    other = {
        request_id
        for request_id, reply in found.replies.items()
        if f'{{"order": "{reply.order}"}}' != found.ledger.answers.get(request_id)
    }
    return [
        *_named("orders without a reply", found.expected - found.replies.keys()),
        *_named("replies to orders that nobody made", found.replies.keys() - found.expected),
        *_named("orders that were not accepted", wrong),
        *_named("replies with another order id than the API gave", other),
        *_named("orders that were replied to more than once", set(found.repeated)),
    ]


def _ledger_problems(found: Findings) -> list[str]:
    orders, totals = found.ledger.orders, found.ledger.totals
    several = {f"{request_id} ({count})" for request_id, count in orders.items() if count != 1}
    problems = [
        *_named("request_ids that made no order", found.expected - orders.keys()),
        *_named("request_ids that nobody sent", orders.keys() - found.expected),
        *_named("request_ids with another number of orders than one", several),
    ]
    wanted = {
        "orders": len(found.expected),
        "request_ids": len(found.expected),
        "more_than_one_order": 0,
        "conflicts": 0,
    }
    problems += [
        f"the ledger has {totals[name]} {name}, not {number}"
        for name, number in wanted.items()
        if totals[name] != number
    ]
    return problems


def _queue_problems(found: Findings) -> list[str]:
    missing = [name for name in MUST_BE_EMPTY if not any(_is(name, each) for each in found.queues)]
    return [
        *(f"there is no queue for {name}" for name in missing),
        *(f"{count} messages left in {name}" for name, count in found.queues.items() if count),
    ]


def _memory_problems(found: Findings, growth_limit_kib: int) -> list[str]:
    growth_kib = found.samples[-1].resident_kib - found.samples[0].resident_kib
    if growth_kib <= growth_limit_kib:
        return []
    return [f"the relay grew by {growth_kib} KiB; at most {growth_limit_kib} KiB are allowed"]


def _relay_problems(found: Findings) -> list[str]:
    problems = _named("lines of trouble in the relay's log", set(found.troubles))
    if found.relay_exit_code:
        problems.append(f"the relay ended with {found.relay_exit_code}")
    return problems


def _is(name: str, queue: str) -> bool:
    return queue == f"orders.{name}" or queue.startswith(f"orders.{name}.")


def _named(what: str, found: "set[str] | frozenset[str]") -> list[str]:
    if not found:
        return []
    named = sorted(found)[:_MOST_NAMED]
    more = ", ..." if len(found) > len(named) else ""
    return [f"{len(found)} {what}: {', '.join(named)}{more}"]
