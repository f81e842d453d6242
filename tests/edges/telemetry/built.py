"""Events of many fields, of which a test says only those that it is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from service.core.settlement import Settlement
from service.edges.telemetry.metrics import Metrics
from service.flow.events.ends import Answered, ParkedUnanswered
from service.flow.events.labels import LimitsChange, Waiting
from service.flow.events.order import RetryPlanned
from service.flow.events.process import Started
from service.flow.sending.limits import Limits

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
NOON_TEXT = "2026-01-31T12:00:00.000000Z"


def started(*tiers_seconds: int) -> Metrics:
    """The metrics of a process that has shown every series that it can: a budget of each kind."""
    metrics = Metrics(tiers_seconds)
    metrics.record(Started("1.2.3", "3.13.1"))
    limits = Limits(concurrency=64, set_per_second=25.0, ceiling_per_second=20.0)
    metrics.record(limits.changed(LimitsChange.START))
    return metrics


def answered(**changes: Any) -> Answered:
    """An order that came at noon and was accepted at once, with these changes."""
    usual = Answered(
        request_id="o-7",
        status="accepted",
        code=None,
        order="991",
        message=None,
        http_status=None,
        attempts=1,
        settlement=Settlement.REPLIED,
        repeated=False,
        redelivered=False,
        routing_key="order.accepted",
        correlation_id=None,
        deadline=None,
        first_seen_at=NOON,
        answered_at=NOON,
        duration_seconds=0.25,
    )
    return replace(usual, **changes)


def retry_planned(**changes: Any) -> RetryPlanned:
    """A wait that begins at noon, in the queue of 5 s, with these changes."""
    usual = RetryPlanned(
        request_id="o-7",
        outcome="unknown",
        http_status=502,
        reason="the API answered 502",
        attempts=2,
        where=Waiting.QUEUE,
        delay_seconds=5.0,
        tier_seconds=5,
        waits_until=NOON + timedelta(seconds=5),
    )
    return replace(usual, **changes)


def parked(**changes: Any) -> ParkedUnanswered:
    """A message without an id that came at noon, with these changes."""
    usual = ParkedUnanswered(
        request_id=None,
        code="missing_message_id",
        message="the message has no message_id",
        settlement=Settlement.PARKED,
        redelivered=False,
        first_seen_at=NOON,
    )
    return replace(usual, **changes)
