"""The relay's metrics in a registry of their own, and what each event does to them.

Every series whose labels are known beforehand exists with 0 from the start: a series that appears
with its first event would hide that event from `rate()` and `increase()`.
"""

from collections.abc import Callable, Sequence
from math import inf
from typing import assert_never

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from service.core.codes import Code, Status
from service.core.message import PublicationKind
from service.core.settlement import Settlement
from service.edges.telemetry import catalogue
from service.edges.telemetry.catalogue import Metric
from service.flow.events import Event
from service.flow.events.labels import BudgetSource, ConnectionName, HoldReason, LostCause
from service.flow.events.order import (
    Abandoned,
    Answered,
    AttemptEnded,
    DeliveryArrived,
    ParkedUnanswered,
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
        self._add_deliveries()
        self._add_attempts(tiers_seconds)
        self._add_limits()
        self._add_broker()

    def record(self, event: Event) -> None:  # noqa: C901, PLR0912 - one flat arm an event
        """Count `event`; KeyError or ValueError where a label would leave its closed set."""
        match event:
            case DeliveryArrived():
                self._deliveries[event.redelivered].inc()
            case AttemptEnded():
                self._api_requests[event.outcome].inc()
                self._observe(self._api_duration[event.outcome], event.duration_seconds)
            case Published():
                self._observe(self._publish_duration[event.kind], event.duration_seconds)
            case Answered():
                self._answered(event)
            case Settled():
                self._settled[event.settlement].inc()
            case RetryPlanned():
                self._retry_planned(event)
            case LoopLagged():
                self._loop_lag.observe(event.lag_seconds)
            case HoldChanged():
                self._held[event.reason].set(event.held)
            case LimitsChanged():
                self._limits_changed(event)
            case BrokerConnected():
                self._broker_connected[event.connection].set(1)
            case BrokerLost():
                self._broker_connected[event.connection].set(0)
                self._broker_reconnects[event.connection, event.cause].inc()
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
        self._log_lines_dropped.inc(count)

    def watch_in_flight(self, orders: Callable[[], int]) -> None:
        """Ask at every scrape, from its thread, how many orders are at the API."""
        self._in_flight.set_function(orders)

    def watch_oldest_order(self, age_seconds: Callable[[], float]) -> None:
        """Ask for the age at every scrape, from its thread: it grows while nothing happens."""
        self._oldest_order_age.set_function(age_seconds)

    def _observe(self, histogram: Histogram, seconds: float) -> None:
        histogram.observe(seconds, self._exemplar() if self._exemplar else None)

    def _answered(self, event: Answered) -> None:
        status, code = event.status, event.code or ""
        reply = self._listed_replies.get((status, code))
        if reply is None:
            # The calls keep the labels closed: an unlisted pair is counted, an unlisted word not.
            reply = self._replies.labels(Status(status), Code(code) if code else "")
        reply.inc()
        if not event.repeated:
            self._observe(self._order_duration[Status(status)], event.duration_seconds)

    def _retry_planned(self, event: RetryPlanned) -> None:
        # Without an outcome it was not sent: the metric counts waits after attempts.
        if event.outcome is not None:
            self._retries[event.outcome, event.tier_seconds].inc()

    def _limits_changed(self, event: LimitsChanged) -> None:
        rate = event.rate_per_second
        self._concurrency_limit.set(event.concurrency)
        self._rate_limit.set(inf if rate is None else rate)
        self._peers.set(event.peers)
        budgets = {
            BudgetSource.SET: event.set_per_second,
            BudgetSource.LEARNED: event.ceiling_per_second,
        }
        for source, budget in budgets.items():
            if budget is None:
                self._budget.remove(source)
            else:
                self._budget.labels(source).set(budget)

    def _started(self, event: Started) -> None:
        # Created here, not at construction: an empty Info would show a series without its labels.
        if self._build is None:
            spec = catalogue.BUILD_INFO
            self._build = Info(spec.name.removesuffix("_info"), spec.help, registry=self.registry)
        self._build.info({"version": event.version, "python": event.python})
        limit = event.memory_limit_bytes
        self._memory_limit.set(inf if limit is None else limit)

    def _add_deliveries(self) -> None:
        deliveries = self._counter(catalogue.DELIVERIES)
        self._deliveries = {
            False: deliveries.labels("false"),
            True: deliveries.labels("true"),
        }
        settled = self._counter(catalogue.SETTLED)
        self._settled = {each: settled.labels(each) for each in Settlement}
        self._replies = self._counter(catalogue.REPLIES)
        self._listed_replies: dict[tuple[str, str], Counter] = {
            (status, code): self._replies.labels(status, code)
            for status, codes in catalogue.CODES_BY_STATUS.items()
            for code in codes
        }
        order_duration = self._histogram(catalogue.ORDER_DURATION)
        self._order_duration = {each: order_duration.labels(each) for each in Status}
        publishing = self._histogram(catalogue.PUBLISH_DURATION)
        self._publish_duration = {each: publishing.labels(each) for each in PublicationKind}

    def _add_attempts(self, tiers_seconds: Sequence[int]) -> None:
        requests = self._counter(catalogue.API_REQUESTS)
        self._api_requests = {each: requests.labels(each) for each in catalogue.OUTCOMES}
        duration = self._histogram(catalogue.API_DURATION)
        self._api_duration = {each: duration.labels(each) for each in catalogue.OUTCOMES}
        retries = self._counter(catalogue.RETRIES)
        self._retries = {
            (outcome, tier): retries.labels(outcome, tier)
            for outcome in catalogue.RETRIED_OUTCOMES
            for tier in tiers_seconds
        }

    def _add_limits(self) -> None:
        self._in_flight = self._gauge(catalogue.IN_FLIGHT)
        self._oldest_order_age = self._gauge(catalogue.OLDEST_ORDER_AGE)
        self._concurrency_limit = self._gauge(catalogue.CONCURRENCY_LIMIT)
        self._rate_limit = self._gauge(catalogue.RATE_LIMIT)
        # 0 would say that nothing may be sent.
        self._rate_limit.set(inf)
        self._budget = self._gauge(catalogue.BUDGET)
        self._peers = self._gauge(catalogue.PEERS)
        self._memory_limit = self._gauge(catalogue.MEMORY_LIMIT)
        self._memory_limit.set(inf)
        held = self._gauge(catalogue.HELD)
        self._held = {each: held.labels(each) for each in HoldReason}
        self._loop_lag = self._histogram(catalogue.LOOP_LAG)
        self._log_lines_dropped = self._counter(catalogue.LOG_LINES_DROPPED)

    def _add_broker(self) -> None:
        connected = self._gauge(catalogue.BROKER_CONNECTED)
        self._broker_connected = {each: connected.labels(each) for each in ConnectionName}
        reconnects = self._counter(catalogue.BROKER_RECONNECTS)
        self._broker_reconnects = {
            (connection, cause): reconnects.labels(connection, cause)
            for connection in ConnectionName
            for cause in LostCause
        }

    def _counter(self, spec: Metric) -> Counter:
        return Counter(spec.name, spec.help, spec.labels, registry=self.registry)

    def _gauge(self, spec: Metric) -> Gauge:
        return Gauge(spec.name, spec.help, spec.labels, registry=self.registry)

    def _histogram(self, spec: Metric) -> Histogram:
        return Histogram(
            spec.name, spec.help, spec.labels, registry=self.registry, buckets=spec.buckets
        )
