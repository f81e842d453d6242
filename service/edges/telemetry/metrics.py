"""The relay's metrics in a registry of their own, and what each event does to them.

The series themselves are in `service.edges.telemetry.series`.
"""

from collections.abc import Callable, Sequence
from math import inf
from typing import assert_never

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from service.core.codes import Code, Status
from service.edges.telemetry import catalogue
from service.edges.telemetry.series import Series
from service.flow.events import Event
from service.flow.events.ends import Answered, ParkedUnanswered
from service.flow.events.labels import BudgetSource
from service.flow.events.order import (
    Abandoned,
    AttemptEnded,
    DeliveryArrived,
    Published,
    PublishFailed,
    ReplyUnrouted,
    RetryPlanned,
    Settled,
)
from service.flow.events.process import (
    AdminListening,
    BrokerConnected,
    BrokerLost,
    ConsumingStarted,
    ConsumingStopped,
    Draining,
    HoldChanged,
    KeyReloaded,
    KeyUnreadable,
    LimitsChanged,
    LoopLagged,
    OlderQueue,
    PlainBroker,
    SharingChanged,
    SharingLost,
    Started,
    Stopped,
    TracesExported,
    TracesLost,
    Unexpected,
)
from service.flow.events.replays import Replayed

ExemplarLabels = Callable[[], dict[str, str] | None]
"""The labels of an exemplar for what is observed now: the trace and the span, where it has one."""


class Metrics:
    """All metrics of `catalogue`; `tiers_seconds` are the waiting tiers of the retries.

    `exemplar` returns the exemplars for the histograms of an order's way, where traces are on.
    """

    def __init__(
        self, tiers_seconds: Sequence[int], exemplar: ExemplarLabels | None = None
    ) -> None:
        self._exemplar = exemplar
        # Otherwise every counter and histogram has a second series with its creation time.
        disable_created_metrics()
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._build: Info | None = None
        self._series = Series(self.registry, tiers_seconds)

    def record(self, event: Event) -> None:  # noqa: C901, PLR0912 - one flat arm an event
        """Count `event`; KeyError or ValueError where a label would leave its closed set."""
        match event:
            case DeliveryArrived():
                self._series.deliveries[event.redelivered].inc()
            case AttemptEnded():
                self._series.api_requests[event.outcome].inc()
                self._observe(self._series.api_duration[event.outcome], event.duration_seconds)
            case Published():
                self._observe(self._series.publish_duration[event.kind], event.duration_seconds)
            case Answered():
                self._answered(event)
            case Settled():
                self._series.settled[event.settlement].inc()
            case RetryPlanned():
                self._retry_planned(event)
            case LoopLagged():
                self._series.loop_lag.observe(event.lag_seconds)
            case HoldChanged():
                self._series.held[event.reason].set(event.held)
            case LimitsChanged():
                self._limits_changed(event)
            case BrokerConnected():
                self._series.broker_connected[event.connection].set(1)
            case BrokerLost():
                self._series.broker_connected[event.connection].set(0)
                self._series.broker_reconnects[event.connection, event.cause].inc()
            case Started():
                self._started(event)
            case ConsumingStarted() | ConsumingStopped() | PublishFailed() | Abandoned():
                pass
            case ReplyUnrouted():
                pass  # `Answered` and `Settled` count it.
            case ParkedUnanswered():
                pass  # `Settled` counts it.
            case AdminListening() | PlainBroker() | KeyReloaded() | KeyUnreadable() | Unexpected():
                pass
            case SharingChanged() | SharingLost() | Replayed() | OlderQueue():
                pass
            case Draining() | Stopped() | TracesLost() | TracesExported():
                pass
            case _ as never:  # pragma: no cover
                assert_never(never)

    def log_lines_dropped(self, count: int) -> None:
        """Count lines that nobody will read, from any thread."""
        self._series.log_lines_dropped.inc(count)

    def watch_in_flight(self, orders: Callable[[], int]) -> None:
        """Ask at every scrape, from its thread, how many orders are at the API."""
        self._series.in_flight.set_function(orders)

    def watch_oldest_order(self, age_seconds: Callable[[], float]) -> None:
        """Ask for the age at every scrape, from its thread: it grows while nothing happens."""
        self._series.oldest_order_age.set_function(age_seconds)

    def _observe(self, histogram: Histogram, seconds: float) -> None:
        histogram.observe(seconds, self._exemplar() if self._exemplar else None)

    def _answered(self, event: Answered) -> None:
        status, code = event.status, event.code or ""
        reply = self._series.listed_replies.get((status, code))
        if reply is None:
            # The calls keep the labels closed: an unlisted pair is counted, an unlisted word not.
            reply = self._series.replies.labels(Status(status), Code(code) if code else "")
        reply.inc()
        if not event.repeated:
            self._observe(self._series.order_duration[Status(status)], event.duration_seconds)

    def _retry_planned(self, event: RetryPlanned) -> None:
        # Without an outcome it was not sent: the metric counts waits after attempts.
        if event.outcome is not None:
            self._series.retries[event.outcome, event.tier_seconds].inc()

    def _limits_changed(self, event: LimitsChanged) -> None:
        rate = event.rate_per_second
        self._series.concurrency_limit.set(event.concurrency)
        self._series.rate_limit.set(inf if rate is None else rate)
        self._series.peers.set(event.peers)
        budgets = {
            BudgetSource.SET: event.set_per_second,
            BudgetSource.LEARNED: event.ceiling_per_second,
        }
        for source, budget in budgets.items():
            if budget is None:
                self._series.budget.remove(source)
            else:
                self._series.budget.labels(source).set(budget)

    def _started(self, event: Started) -> None:
        # Created here, not at construction: an empty Info would show a series without its labels.
        if self._build is None:
            spec = catalogue.BUILD_INFO
            self._build = Info(spec.name.removesuffix("_info"), spec.help, registry=self.registry)
        self._build.info({"version": event.version, "python": event.python})
        limit = event.memory_limit_bytes
        self._series.memory_limit.set(inf if limit is None else limit)
