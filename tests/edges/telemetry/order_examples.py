"""Examples of the events on an order's way: the metrics they change, the lines they write."""

from typing import Any

from service.core.message import PublicationKind
from service.core.settlement import Settlement
from service.flow.events.order import (
    Abandoned,
    AttemptEnded,
    DeliveryArrived,
    Published,
    PublishFailed,
    ReplyUnrouted,
    Settled,
)
from service.flow.events.replays import Replayed
from tests.edges.telemetry.built import NOON, NOON_TEXT, answered, parked, retry_planned
from tests.edges.telemetry.example import Example, Line

WAITS: Line = {
    "request_id": "o-7",
    "attempts": 2,
    "where": "queue",
    "delay_seconds": 5.0,
    "tier_seconds": 5,
    "waits_until": "2026-01-31T12:00:05.000000Z",
}
ENDED: Line = {
    "request_id": "o-7",
    "attempts": 1,
    "settlement": "replied",
    "repeated": False,
    "redelivered": False,
    "first_seen_at": NOON_TEXT,
    "answered_at": NOON_TEXT,
    "duration_ms": 250.0,
}
REFUSED: dict[str, Any] = {
    "order": None,
    "status": "rejected",
    "code": "refused",
    "message": "no",
    "routing_key": "order.rejected",
}
UNKNOWN: dict[str, Any] = {
    "order": None,
    "status": "unknown",
    "code": "outcome_unknown",
    "http_status": 500,
    "routing_key": "to.me",
}

ORDERS = [
    Example(
        Replayed("o-7", "somebody", "the API was down", None),
        "info",
        "replayed",
        {"request_id": "o-7", "by": "somebody", "reason": "the API was down"},
        {},
    ),
    Example(
        DeliveryArrived("o-7", redelivered=False),
        "debug",
        "delivery arrived",
        {"request_id": "o-7", "redelivered": False},
        {"deliveries_total[redelivered=false]": 1},
    ),
    Example(
        DeliveryArrived(None, redelivered=True),
        "debug",
        "delivery arrived",
        {"redelivered": True},
        {"deliveries_total[redelivered=true]": 1},
    ),
    Example(
        AttemptEnded("o-7", 1, "accepted", 200, None, 0.25),
        "debug",
        "attempt",
        {
            "request_id": "o-7",
            "attempts": 1,
            "outcome": "accepted",
            "http_status": 200,
            "duration_ms": 250.0,
        },
        {
            "api_requests_total[outcome=accepted]": 1,
            "api_request_duration_seconds_count[outcome=accepted]": 1,
            "api_request_duration_seconds_sum[outcome=accepted]": 0.25,
        },
    ),
    Example(
        AttemptEnded("o-7", 2, "unreached", None, "connection refused", 0.00126),
        "warning",
        "attempt",
        {
            "request_id": "o-7",
            "attempts": 2,
            "outcome": "unreached",
            "reason": "connection refused",
            "duration_ms": 1.3,
        },
        {
            "api_requests_total[outcome=unreached]": 1,
            "api_request_duration_seconds_count[outcome=unreached]": 1,
            "api_request_duration_seconds_sum[outcome=unreached]": 0.00126,
        },
    ),
    Example(
        retry_planned(outcome="throttled", http_status=429, reason=None),
        "info",
        "retry",
        {"outcome": "throttled", "http_status": 429, **WAITS},
        {"retries_total[outcome=throttled,delay_seconds=5]": 1},
    ),
    Example(
        retry_planned(outcome=None, http_status=None, reason="the process ends"),
        "info",
        "retry",
        {"reason": "the process ends", **WAITS},
    ),
    Example(
        Published("o-7", PublicationKind.RETRY, 0.002),
        "debug",
        "published",
        {"request_id": "o-7", "kind": "retry", "duration_ms": 2.0},
        {
            "publish_duration_seconds_count[kind=retry]": 1,
            "publish_duration_seconds_sum[kind=retry]": 0.002,
        },
    ),
    Example(
        PublishFailed("o-7", PublicationKind.REPLY, "nacked"),
        "warning",
        "publish failed",
        {"request_id": "o-7", "kind": "reply", "reason": "nacked"},
    ),
    Example(
        ReplyUnrouted("o-7", "shop.7", "nacked"),
        "warning",
        "reply unrouted",
        {"request_id": "o-7", "routing_key": "shop.7", "reason": "nacked"},
    ),
    Example(
        answered(),
        "info",
        "answered",
        {"status": "accepted", "order": "991", "routing_key": "order.accepted", **ENDED},
        {
            "replies_total[status=accepted,code=]": 1,
            "order_duration_seconds_count[status=accepted]": 1,
            "order_duration_seconds_sum[status=accepted]": 0.25,
        },
    ),
    Example(
        answered(**REFUSED, repeated=True, redelivered=True, correlation_id="c-1", deadline=NOON),
        "info",
        "answered",
        {
            "status": "rejected",
            "code": "refused",
            "message": "no",
            **ENDED,
            "repeated": True,
            "redelivered": True,
            "routing_key": "order.rejected",
            "correlation_id": "c-1",
            "deadline": NOON_TEXT,
        },
        {"replies_total[status=rejected,code=refused]": 1},
    ),
    Example(
        answered(**UNKNOWN, settlement=Settlement.PARKED),
        "warning",
        "answered",
        {
            "status": "unknown",
            "code": "outcome_unknown",
            "http_status": 500,
            **ENDED,
            "settlement": "parked",
            "routing_key": "to.me",
        },
        {
            "replies_total[status=unknown,code=outcome_unknown]": 1,
            "order_duration_seconds_count[status=unknown]": 1,
            "order_duration_seconds_sum[status=unknown]": 0.25,
        },
    ),
    Example(
        answered(**REFUSED, settlement=Settlement.DEAD_LETTERED),
        "warning",
        "answered",
        {
            "status": "rejected",
            "code": "refused",
            "message": "no",
            **ENDED,
            "settlement": "dead_lettered",
            "routing_key": "order.rejected",
        },
        {
            "replies_total[status=rejected,code=refused]": 1,
            "order_duration_seconds_count[status=rejected]": 1,
            "order_duration_seconds_sum[status=rejected]": 0.25,
        },
    ),
    Example(
        parked(),
        "warning",
        "parked",
        {
            "code": "missing_message_id",
            "message": "the message has no message_id",
            "settlement": "parked",
            "redelivered": False,
            "first_seen_at": NOON_TEXT,
        },
    ),
    Example(
        Settled("o-7", Settlement.REPLIED),
        "debug",
        "settled",
        {"request_id": "o-7", "settlement": "replied"},
        {"settled_total[settlement=replied]": 1},
    ),
    Example(
        Settled("o-7", Settlement.DEAD_LETTERED),
        "debug",
        "settled",
        {"request_id": "o-7", "settlement": "dead_lettered"},
        {"settled_total[settlement=dead_lettered]": 1},
    ),
    Example(
        Abandoned("o-7"),
        "info",
        "abandoned, the broker delivers it again",
        {"request_id": "o-7"},
    ),
]
