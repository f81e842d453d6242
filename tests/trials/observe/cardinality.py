"""How many series a relay shows: what the closed sets allow, and what hostile messages make."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from math import prod

from service.core.codes import Status
from service.core.message import PublicationKind
from service.core.settlement import Settlement
from service.edges.telemetry import catalogue
from service.edges.telemetry.catalogue import Kind, Metric
from service.flow.events.labels import BudgetSource, ConnectionName, HoldReason, LostCause
from tests.trials.hostile import messages
from tests.trials.hostile.flood import FAMILIES
from tests.trials.hostile.mail import Sender
from tests.trials.observe.expressions import Asker
from tests.trials.observe.site import Site
from tests.world.load import left

OURS = "order_relay_"
SEED = 5
_BATCH = 50
_MOST_WAITING = 600
_SETTLED_SECONDS = 240.0

_PAIRS = sum(len(codes) for codes in catalogue.CODES_BY_STATUS.values())


@dataclass(frozen=True, slots=True)
class Cardinality:
    """Series of ours on a relay's page and in Prometheus, and of all kinds, before and after."""

    bound: int
    sent: int
    page_before: int
    page_after: int
    prometheus_before: int
    prometheus_after: int
    new: tuple[str, ...]

    @property
    def good(self) -> bool:
        """No series came of a message, and none is beyond the bound."""
        most = max(self.page_before, self.page_after, self.prometheus_before, self.prometheus_after)
        return bool(self.sent and self.page_before and self.prometheus_before) and (
            not self.new and most <= self.bound
        )


def bound(tiers: int) -> int:
    """The most series of ours that one relay with this number of waiting tiers can ever show."""
    metrics = [each for each in vars(catalogue).values() if isinstance(each, Metric)]
    return sum(_label_sets(metric, tiers) * _series_each(metric) for metric in metrics)


def _label_sets(metric: Metric, tiers: int) -> int:
    sizes = {
        "redelivered": 2,
        "settlement": len(Settlement),
        "outcome": len(
            catalogue.RETRIED_OUTCOMES if metric is catalogue.RETRIES else catalogue.OUTCOMES
        ),
        # A code goes with one status only; together they are the pairs of the catalogue.
        "status": 1 if "code" in metric.labels else len(Status),
        "code": _PAIRS,
        "kind": len(PublicationKind),
        "delay_seconds": tiers,
        "reason": len(HoldReason),
        "source": len(BudgetSource),
        "connection": len(ConnectionName),
        "cause": len(LostCause),
        "version": 1,
        "python": 1,
    }
    return prod(sizes[label] for label in metric.labels)


def _series_each(metric: Metric) -> int:
    # A histogram has its bounds, +Inf, a count and a sum.
    return len(metric.buckets) + 3 if metric.kind is Kind.HISTOGRAM else 1


async def measured(asker: Asker, site: Site, count: int, tiers: int) -> Cardinality:
    """`count` hostile messages go through the site's first relay, and its series are counted."""
    relay = site.relays[0].process
    page, stored = await relay.metrics(), await _stored(asker, site)
    sent = await _send(site, count)
    page_after, stored_after = await relay.metrics(), await _stored(asker, site)
    return Cardinality(
        bound(tiers),
        sent,
        _ours(page),
        _ours(page_after),
        stored,
        stored_after,
        tuple(sorted(page_after.keys() ^ page.keys())),
    )


def _ours(page: Mapping[str, float]) -> int:
    return sum(1 for series in page if series.startswith(OURS))


async def _stored(asker: Asker, site: Site) -> int:
    """What Prometheus has of the site's first relay, since its start."""
    pod = f'namespace="{site.name}",pod="{site.name}-0"'
    series = f'last_over_time({{__name__=~"{OURS}.+",{pod}}}[1h])'
    # Without its name a series of one metric may look like that of another.
    named = f'count(label_replace({series}, "metric", "$1", "__name__", "(.+)"))'
    (found,) = await asker.now(named)
    return int(float(found["value"][1]))


async def _send(site: Site, count: int) -> int:
    async with site.host.channel() as channel:
        # Any key reaches the relay, as from producers that bound more to its queue.
        queue = await channel.get_queue("orders.requests", ensure=False)
        await queue.bind("orders", "#")
    sender, cases = Sender(site.host.url), messages.many(FAMILIES, count, SEED)
    # In small batches: a thread cannot be cancelled, and goes on with its own after Ctrl-C.
    while batch := list(islice(cases, _BATCH)):
        await asyncio.to_thread(lambda some: [sender.send(case) for case in some], batch)
        await site.host.until(
            lambda queues: queues["orders.requests"].messages < _MOST_WAITING,
            timeout_seconds=_SETTLED_SECONDS,
        )
    sender.close()
    await site.host.until(
        lambda queues: left(queues).keys() <= {"orders.parked"}, timeout_seconds=_SETTLED_SECONDS
    )
    return count
