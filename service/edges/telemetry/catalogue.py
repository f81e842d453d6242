"""Every metric of the relay: name, help, labels, buckets and label values, in this one place.

Nothing here takes a value from a message: each value of a label is listed here, or is in a closed
set of `service.core` or `service.flow`.
"""

from enum import StrEnum

from service.core.codes import Code, Status
from service.core.record import record


class Kind(StrEnum):
    """The types of metrics that Prometheus knows and the relay uses."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    INFO = "info"


@record(frozen=True, slots=True)
class Metric:
    """One metric; `buckets` are upper bounds in seconds, for histograms only."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


# Alerts and objectives use these bounds: moving one breaks the rules that name it in `le`.
# A near bound follows the objective of 60 s and the usual time-out of 10 s, or what is just over
# them would be drawn as many times as long.
API_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 11, 30)
LOOP_LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
PUBLISH_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
ORDER_BUCKETS = (
    *(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    *(60, 120, 300, 900, 3600, 14_400, 43_200, 86_400),
)

DELIVERIES = Metric(
    "order_relay_deliveries_total",
    Kind.COUNTER,
    "Deliveries from the broker; redelivered ones were handed out before.",
    ("redelivered",),
)
SETTLED = Metric(
    "order_relay_settled_total",
    Kind.COUNTER,
    "Deliveries that the broker was told about, by how they were settled.",
    ("settlement",),
)
REPLIES = Metric(
    "order_relay_replies_total",
    Kind.COUNTER,
    "Replies that the broker confirmed; code is empty for accepted orders.",
    ("status", "code"),
)
API_REQUESTS = Metric(
    "order_relay_api_requests_total",
    Kind.COUNTER,
    "Attempts at the order API, by outcome.",
    ("outcome",),
)
API_DURATION = Metric(
    "order_relay_api_request_duration_seconds",
    Kind.HISTOGRAM,
    "How long one attempt at the order API took, all phases.",
    ("outcome",),
    API_BUCKETS,
)
ORDER_DURATION = Metric(
    "order_relay_order_duration_seconds",
    Kind.HISTOGRAM,
    "From when the relay first saw an order to its answer; repeated answers do not count.",
    ("status",),
    ORDER_BUCKETS,
)
PUBLISH_DURATION = Metric(
    "order_relay_publish_duration_seconds",
    Kind.HISTOGRAM,
    "From publishing to the broker's confirm.",
    ("kind",),
    PUBLISH_BUCKETS,
)
RETRIES = Metric(
    "order_relay_retries_total",
    Kind.COUNTER,
    "Waits before another attempt, by what made them necessary and by waiting tier.",
    ("outcome", "delay_seconds"),
)
IN_FLIGHT = Metric("order_relay_in_flight", Kind.GAUGE, "Orders at the API now.")
OLDEST_ORDER_AGE = Metric(
    "order_relay_oldest_order_age_seconds",
    Kind.GAUGE,
    "Since when the oldest order that this process holds now is on its way; 0 without any.",
)
CONCURRENCY_LIMIT = Metric(
    "order_relay_concurrency_limit", Kind.GAUGE, "Most orders at the API at a time."
)
RATE_LIMIT = Metric(
    "order_relay_rate_limit_per_second",
    Kind.GAUGE,
    "This process's share of the rate budget, in orders a second; +Inf without a limit.",
)
BUDGET = Metric(
    "order_relay_budget_per_second",
    Kind.GAUGE,
    "What all replicas share, in orders a second: the rate that is set (the smallest of all"
    " replicas), and what was learned. The smaller one counts; absent where there is none.",
    ("source",),
)
PEERS = Metric(
    "order_relay_peers",
    Kind.GAUGE,
    "Replicas that this one knows and shares the budget with, itself included.",
)
HELD = Metric(
    "order_relay_held",
    Kind.GAUGE,
    "1 while no new order is sent for this reason.",
    ("reason",),
)
BROKER_CONNECTED = Metric(
    "order_relay_broker_connected",
    Kind.GAUGE,
    "1 while this connection to the broker is up.",
    ("connection",),
)
BROKER_RECONNECTS = Metric(
    "order_relay_broker_reconnects_total",
    Kind.COUNTER,
    "Broker connections that failed or could not be made and are built anew, by cause.",
    ("connection", "cause"),
)
LOOP_LAG = Metric(
    "order_relay_event_loop_lag_seconds",
    Kind.HISTOGRAM,
    "How much later than asked the event loop woke up.",
    (),
    LOOP_LAG_BUCKETS,
)
LOG_LINES_DROPPED = Metric(
    "order_relay_log_lines_dropped_total",
    Kind.COUNTER,
    "Log lines that were dropped because nobody read the log, or not fast enough.",
)
MEMORY_LIMIT = Metric(
    "order_relay_memory_limit_bytes",
    Kind.GAUGE,
    "What the process's control groups let it use, read at the start; +Inf without a limit.",
)
BUILD_INFO = Metric("order_relay_build_info", Kind.INFO, "What runs.", ("version", "python"))

PREFIX = "order_relay_"
"""What the name of every metric above begins with."""

PROCESS_START = "process_start_time_seconds"
PROCESS_CPU = "process_cpu_seconds_total"
PROCESS_MEMORY = "process_resident_memory_bytes"
"""The client library's own metrics of a process, where the system provides them."""

OUTCOMES = ("accepted", "refused", "throttled", "misconfigured", "unreached", "unknown")
"""What `service.core.outcome.label` can say."""

RETRIED_OUTCOMES = ("throttled", "misconfigured", "unreached", "unknown")
"""The outcomes after which an order may wait; accepted and refused end it."""

CODES_BY_STATUS = {
    Status.ACCEPTED: ("",),
    Status.REJECTED: (
        Code.INVALID_ORDER,
        Code.INVALID_MESSAGE,
        Code.MISSING_MESSAGE_ID,
        Code.MESSAGE_ID_TOO_LONG,
        Code.MESSAGE_ID_CONFLICT,
        Code.MISSING_REQUEST_ID,
        Code.SERVICE_NOT_FOUND,
        Code.INSUFFICIENT_BALANCE,
        Code.INVALID_QUANTITY,
        Code.REFUSED,
    ),
    Status.FAILED: (
        Code.DEADLINE_PASSED,
        Code.TOO_OLD,
        Code.ATTEMPTS_EXHAUSTED,
        Code.DROPPED,
    ),
    Status.UNKNOWN: (Code.OUTCOME_UNKNOWN,),
}
"""The pairs of status and code that the rules can produce."""
