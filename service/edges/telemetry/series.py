"""All series of the metrics: those whose labels are known exist with 0 from the start.

A series that appears with its first event would hide that event from `rate()` and `increase()`.
"""

from collections.abc import Sequence
from math import inf

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from service.core.codes import Status
from service.core.message import PublicationKind
from service.core.settlement import Settlement
from service.edges.telemetry import catalogue
from service.edges.telemetry.catalogue import Metric
from service.flow.events.labels import ConnectionName, HoldReason, LostCause


class Series:
    """Those of `catalogue`, by their labels; `tiers_seconds` are the waiting tiers."""

    def __init__(self, registry: CollectorRegistry, tiers_seconds: Sequence[int]) -> None:
        self._registry = registry
        self._add_deliveries()
        self._add_attempts(tiers_seconds)
        self._add_limits()
        self._add_broker()

    def _add_deliveries(self) -> None:
        deliveries = self._counter(catalogue.DELIVERIES)
        self.deliveries = {
            False: deliveries.labels("false"),
            True: deliveries.labels("true"),
        }
        settled = self._counter(catalogue.SETTLED)
        self.settled = {each: settled.labels(each) for each in Settlement}
        self.replies = self._counter(catalogue.REPLIES)
        self.listed_replies: dict[tuple[str, str], Counter] = {
            (status, code): self.replies.labels(status, code)
            for status, codes in catalogue.CODES_BY_STATUS.items()
            for code in codes
        }
        order_duration = self._histogram(catalogue.ORDER_DURATION)
        self.order_duration = {each: order_duration.labels(each) for each in Status}
        publishing = self._histogram(catalogue.PUBLISH_DURATION)
        self.publish_duration = {each: publishing.labels(each) for each in PublicationKind}

    def _add_attempts(self, tiers_seconds: Sequence[int]) -> None:
        requests = self._counter(catalogue.API_REQUESTS)
        self.api_requests = {each: requests.labels(each) for each in catalogue.OUTCOMES}
        duration = self._histogram(catalogue.API_DURATION)
        self.api_duration = {each: duration.labels(each) for each in catalogue.OUTCOMES}
        retries = self._counter(catalogue.RETRIES)
        self.retries = {
            (outcome, tier): retries.labels(outcome, tier)
            for outcome in catalogue.RETRIED_OUTCOMES
            for tier in tiers_seconds
        }

    def _add_limits(self) -> None:
        self.in_flight = self._gauge(catalogue.IN_FLIGHT)
        self.oldest_order_age = self._gauge(catalogue.OLDEST_ORDER_AGE)
        self.concurrency_limit = self._gauge(catalogue.CONCURRENCY_LIMIT)
        self.rate_limit = self._gauge(catalogue.RATE_LIMIT)
        # 0 would say that nothing may be sent.
        self.rate_limit.set(inf)
        self.budget = self._gauge(catalogue.BUDGET)
        self.peers = self._gauge(catalogue.PEERS)
        self.memory_limit = self._gauge(catalogue.MEMORY_LIMIT)
        self.memory_limit.set(inf)
        held = self._gauge(catalogue.HELD)
        self.held = {each: held.labels(each) for each in HoldReason}
        self.loop_lag = self._histogram(catalogue.LOOP_LAG)
        self.log_lines_dropped = self._counter(catalogue.LOG_LINES_DROPPED)

    def _add_broker(self) -> None:
        connected = self._gauge(catalogue.BROKER_CONNECTED)
        self.broker_connected = {each: connected.labels(each) for each in ConnectionName}
        reconnects = self._counter(catalogue.BROKER_RECONNECTS)
        self.broker_reconnects = {
            (connection, cause): reconnects.labels(connection, cause)
            for connection in ConnectionName
            for cause in LostCause
        }

    def _counter(self, spec: Metric) -> Counter:
        return Counter(spec.name, spec.help, spec.labels, registry=self._registry)

    def _gauge(self, spec: Metric) -> Gauge:
        return Gauge(spec.name, spec.help, spec.labels, registry=self._registry)

    def _histogram(self, spec: Metric) -> Histogram:
        return Histogram(
            spec.name, spec.help, spec.labels, registry=self._registry, buckets=spec.buckets
        )
