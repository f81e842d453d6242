"""What became of the orders: how many came, what they were told, and how long it took."""

from charts.sources.dashboards.panel import Query, Shape, graph, row
from charts.sources.dashboards.promql import known, per_second, quantile, seen
from service.core.codes import Status
from service.core.settlement import Settlement
from service.edges.telemetry.catalogue import CODES_BY_STATUS

_DURATION = "order_relay_order_duration_seconds"
_DELIVERIES = "order_relay_deliveries_total"
_REPLIES = "order_relay_replies_total"
_PER_SECOND = "suffix:/s"
_REJECTED = CODES_BY_STATUS[Status.REJECTED]
_GIVEN_UP = CODES_BY_STATUS[Status.FAILED] + CODES_BY_STATUS[Status.UNKNOWN]

QUANTILES = (
    (0.5, "half are faster"),
    (0.95, "19 in 20 are faster"),
    (0.99, "99 in 100 are faster"),
)
"""The shares that the panels show, and what they mean."""

ROW = row(
    "What became of the orders",
    graph(
        "Requests in",
        "Deliveries from the broker, a second; redelivered ones were handed out before.",
        "as many as producers send and retries come back; hardly any redelivered.",
        'redelivered ones mean that relays end or lose their connection: look at "The broker"'
        " and at restarts. None at all: see whether producers send and a relay consumes.",
        "OrderRelayNoConsumer",
        Query(per_second(_DELIVERIES, 'redelivered="false"'), "new"),
        Query(per_second(_DELIVERIES, 'redelivered="true"'), "redelivered"),
        shape=Shape.STACK,
        unit=_PER_SECOND,
    ),
    graph(
        "Replies by status",
        "What producers were told, a second. No order exists for `rejected` and `failed` ones.",
        "nearly all `accepted`; some `rejected`, as producers make mistakes.",
        '`failed` orders were given up: look at "The API". `unknown` ones are parked and need'
        " a person now.",
        "OrderRelayOutcomeUnknown",
        Query(per_second(_REPLIES, by="status"), "{{status}}", tuple(Status)),
        shape=Shape.STACK,
        unit=_PER_SECOND,
    ),
    graph(
        "How long orders take",
        "From when a relay first saw an order to its answer, retries and holds included.",
        "about as long as one call of the API.",
        "compare with the latency of the API: if that is as ever, orders are retried or held.",
        "OrderRelayAnswersBurnFast",
        *(
            Query(known(quantile(share, _DURATION)), legend, exemplars=True)
            for share, legend in QUANTILES
        ),
        unit="s",
    ),
    graph(
        "Why orders are rejected",
        "Replies with status `rejected`, a second, by code.",
        "few, of codes that a producer can mend, such as `invalid_order`.",
        "`insufficient_balance` is ours to mend: pay in. For the others, ask the producer."
        " Those without a usable message id are parked, too, and so is what cannot be decoded.",
        "OrderRelayParked",
        Query(seen(_REPLIES, 'status="rejected"', by="code"), "{{code}}", _REJECTED),
        shape=Shape.STACK,
        unit=_PER_SECOND,
        none="none in this time",
    ),
    graph(
        "Why orders are given up",
        "Replies with status `failed` or `unknown`, a second, by code.",
        "none.",
        "`deadline_passed` and `too_old` follow long holds; `attempts_exhausted` an API that"
        " fails; `outcome_unknown` must be looked up at the API, one by one.",
        "OrderRelayOutcomeUnknown",
        Query(seen(_REPLIES, 'status=~"failed|unknown"', by="code"), "{{code}}", _GIVEN_UP),
        shape=Shape.STACK,
        unit=_PER_SECOND,
        none="none in this time",
    ),
    graph(
        "How deliveries were settled",
        "What the broker was told about its deliveries, a second.",
        "nearly all `replied`.",
        "`retried` ones wait for the API; `parked` and `dead lettered` ones need a person;"
        " `returned` ones go back to the queue at a hold or a shutdown.",
        "OrderRelayParked",
        Query(
            per_second("order_relay_settled_total", by="settlement"),
            "{{settlement}}",
            tuple(Settlement),
        ),
        shape=Shape.STACK,
        unit=_PER_SECOND,
    ),
)
