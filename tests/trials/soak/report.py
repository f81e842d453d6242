"""What a soak found, and what of it is wrong: pure, so that every check can be seen to fail."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from tests.trials.chaos.checker import check
from tests.trials.chaos.history import Bounds, Ending, History, Sent, Status, Told
from tests.trials.chaos.world import booked_in
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
class Findings:
    """All that the checks look at; `ledger` is the stand-in's, `queues` counts what was left."""

    expected: frozenset[str]
    replies: Mapping[str, Reply]
    repeated: Mapping[str, int]
    ledger: Mapping[str, Any]
    queues: Mapping[str, int]
    samples: tuple[Sample, ...]
    relay_exit_code: int
    troubles: tuple[str, ...] = ()

    @property
    def totals(self) -> dict[str, int]:
        """What the ledger says of all request_ids together."""
        return {name: count for name, count in self.ledger.items() if name != "by_request_id"}

    @property
    def history(self) -> History:
        """The orders, as the checker of chaos reads them; their times are not known."""
        return History(
            scenario="soak",
            seed=0,
            bounds=Bounds(0, 0, 0, 0),
            ending=Ending(0, 0, {}),
            sent=tuple(Sent(request_id, "", 0, 0) for request_id in self.expected),
            told=tuple(
                Told(request_id, cast("Status", reply.status), None, reply.order, 1, 0)
                for request_id, reply in self.replies.items()
            ),
            found=(),
            called=(),
            booked=booked_in(self.ledger),
            inflicted=(),
        )


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
    last = found.samples[-1]
    growth_kib = last.resident_kib - found.samples[0].resident_kib
    return Report(
        orders=len(found.expected),
        replies=len(found.replies),
        statuses=dict(Counter(reply.status for reply in found.replies.values())),
        duplicates=sum(found.repeated.values()),
        calls=found.totals["calls"],
        ledger=found.totals,
        queues=dict(found.queues),
        seconds=last.seconds,
        orders_per_second=last.orders / last.seconds,
        cpu_microseconds_per_order=last.cpu_seconds / last.orders * 1e6,
        growth_kib=growth_kib,
        samples=list(found.samples),
        problems=[*_order_problems(found), *_other_problems(found, growth_kib, growth_limit_kib)],
    )


def _order_problems(found: Findings) -> Iterator[str]:
    by_kind: dict[str, list[str]] = {}
    for each in check(found.history).failures:
        by_kind.setdefault(each.kind, []).append(f"{each.request_id} ({each.sentence})")
    refused = {
        f"{request_id} ({reply.status})"
        for request_id, reply in found.replies.items()
        if reply.status != "accepted"
    }
    by_kind["not accepted"] = sorted(refused)
    by_kind["replied to more than once"] = sorted(found.repeated)
    by_kind["lines of trouble in the relay's log"] = sorted(set(found.troubles))
    for kind, several in by_kind.items():
        if several:
            more = ", ..." if len(several) > _MOST_NAMED else ""
            yield f"{len(several)} {kind}: {', '.join(several[:_MOST_NAMED])}{more}"


def _other_problems(found: Findings, growth_kib: int, growth_limit_kib: int) -> Iterator[str]:
    count = len(found.expected)
    wanted = {"orders": count, "request_ids": count, "more_than_one_order": 0, "conflicts": 0}
    for name, number in wanted.items():
        if found.totals[name] != number:
            yield f"the ledger has {found.totals[name]} {name}, not {number}"
    for name in MUST_BE_EMPTY:
        if not any(f"{queue}.".startswith(f"orders.{name}.") for queue in found.queues):
            yield f"there is no queue for {name}"
    for queue, left in found.queues.items():
        if left:
            yield f"{left} messages left in {queue}"
    if growth_kib > growth_limit_kib:
        yield f"the relay grew by {growth_kib} KiB; at most {growth_limit_kib} KiB are allowed"
    if found.relay_exit_code:
        yield f"the relay ended with {found.relay_exit_code}"
