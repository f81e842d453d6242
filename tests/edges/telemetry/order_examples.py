"""Examples of the events on an order's way: the metrics they change, the lines they write."""

from service.core.message import PublicationKind
from service.core.settlement import Settlement
from service.flow import events
from tests.edges.telemetry.example import Example


def _answered(**changed: object) -> events.Answered:
    usual: dict[str, object] = {
        "request_id": "o-7",
        "status": "accepted",
        "code": "",
        "order": "991",
        "message": None,
        "http_status": None,
        "attempts": 1,
        "duration_seconds": 0.25,
        "repeated": False,
    }
    return events.Answered(**{**usual, **changed})  # type: ignore[arg-type]


ORDERS = [
    Example(
        events.DeliveryArrived("o-7", redelivered=False),
        "debug",
        "delivery arrived",
        {"request_id": "o-7", "redelivered": False},
        {"deliveries_total[redelivered=false]": 1},
    ),
    Example(
        events.DeliveryArrived(None, redelivered=True),
        "debug",
        "delivery arrived",
        {"redelivered": True},
        {"deliveries_total[redelivered=true]": 1},
    ),
    Example(events.InFlightChanged(3), None, "in flight", {"in_flight": 3}, {"in_flight[]": 3}),
    Example(
        events.AttemptEnded("o-7", 1, "accepted", 200, None, 0.25),
        "debug",
        "attempt",
        {
            "request_id": "o-7",
            "attempt": 1,
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
        events.AttemptEnded("o-7", 2, "unreached", None, "connection refused", 0.00126),
        "warning",
        "attempt",
        {
            "request_id": "o-7",
            "attempt": 2,
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
        events.RetryPlanned("o-7", "throttled", 3.25, 5, "queue"),
        "info",
        "retry",
        {
            "request_id": "o-7",
            "outcome": "throttled",
            "delay_seconds": 3.25,
            "tier_seconds": 5,
            "where": "queue",
        },
        {"retries_total[outcome=throttled,delay_seconds=5]": 1},
    ),
    Example(
        events.Published("o-7", PublicationKind.RETRY, 0.002),
        "debug",
        "published",
        {"request_id": "o-7", "kind": "retry", "duration_ms": 2.0},
        {
            "publish_duration_seconds_count[kind=retry]": 1,
            "publish_duration_seconds_sum[kind=retry]": 0.002,
        },
    ),
    Example(
        events.PublishFailed("o-7", PublicationKind.REPLY, "nacked"),
        "warning",
        "publish failed",
        {"request_id": "o-7", "kind": "reply", "reason": "nacked"},
    ),
    Example(
        _answered(),
        "info",
        "answered",
        {
            "request_id": "o-7",
            "status": "accepted",
            "code": "",
            "order": "991",
            "attempts": 1,
            "duration_ms": 250.0,
            "repeated": False,
        },
        {
            "replies_total[status=accepted,code=]": 1,
            "order_duration_seconds_count[status=accepted]": 1,
            "order_duration_seconds_sum[status=accepted]": 0.25,
        },
    ),
    Example(
        _answered(repeated=True, order=None, status="rejected", code="refused", message="no"),
        "info",
        "answered",
        {
            "request_id": "o-7",
            "status": "rejected",
            "code": "refused",
            "message": "no",
            "attempts": 1,
            "duration_ms": 250.0,
            "repeated": True,
        },
        {"replies_total[status=rejected,code=refused]": 1},
    ),
    Example(
        _answered(order=None, status="unknown", code="outcome_unknown", http_status=500),
        "warning",
        "answered",
        {
            "request_id": "o-7",
            "status": "unknown",
            "code": "outcome_unknown",
            "http_status": 500,
            "attempts": 1,
            "duration_ms": 250.0,
            "repeated": False,
        },
        {
            "replies_total[status=unknown,code=outcome_unknown]": 1,
            "order_duration_seconds_count[status=unknown]": 1,
            "order_duration_seconds_sum[status=unknown]": 0.25,
        },
    ),
    Example(
        events.Settled("o-7", Settlement.REPLIED),
        "debug",
        "settled",
        {"request_id": "o-7", "settlement": "replied"},
        {"settled_total[settlement=replied]": 1},
    ),
    Example(
        events.Settled("o-7", Settlement.DEAD_LETTERED),
        "warning",
        "settled",
        {"request_id": "o-7", "settlement": "dead_lettered"},
        {"settled_total[settlement=dead_lettered]": 1},
    ),
    Example(
        events.Abandoned("o-7"),
        "info",
        "abandoned, the broker delivers it again",
        {"request_id": "o-7"},
    ),
]
