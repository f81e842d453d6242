"""The API: what it answers, how fast, and whether the relay keeps orders back because of it."""

from charts.sources.dashboards.colours import BAD, GOOD
from charts.sources.dashboards.panel import Query, Shape, State, graph, row
from charts.sources.dashboards.promql import (
    known,
    of_all_replicas,
    of_relay,
    per_second,
    quantile,
    seen,
    total,
)
from service.edges.telemetry.catalogue import OUTCOMES
from service.flow.events.labels import HoldReason

_REQUESTS = "order_relay_api_requests_total"
_DURATION = "order_relay_api_request_duration_seconds"
_RATE_LIMIT = "order_relay_rate_limit_per_second"
_BUDGET = "order_relay_budget_per_second"
_PEERS = "order_relay_peers"
_PER_SECOND = "suffix:/s"

HELD = graph(
    "What is held and why",
    "Whether any relay sends no new order, and for which reason.",
    "nothing is held, but for seconds after a 429.",
    "`/readyz` says more. `credentials`: mend the API key or address. `circuit`: the API is away."
    " `throttled`: the budget is too high. `publisher`: RabbitMQ takes no replies, see its alarms.",
    "OrderRelayCredentialsHeld",
    Query(f"max by (reason) ({of_relay('order_relay_held')})", "{{reason}}", tuple(HoldReason)),
    shape=Shape.STATES,
    states=(State(0, "sending", GOOD), State(1, "held", BAD)),
)


def _latency(share: float) -> Query:
    expression = known(quantile(share, _DURATION, by="outcome"))
    return Query(expression, "{{outcome}}", OUTCOMES, exemplars=True)


ROW = row(
    "The API",
    graph(
        "Attempts by outcome",
        "Attempts at the order API, a second, by outcome.",
        "`accepted` and `refused`; the others are a few in a thousand.",
        "`unreached`: network, DNS or TLS. `unknown`: time-outs and errors of the API."
        " `misconfigured`: key or address. All but that one are tried again by themselves.",
        "OrderRelayApiErrorBurnFast",
        Query(seen(_REQUESTS, by="outcome"), "{{outcome}}", OUTCOMES),
        shape=Shape.STACK,
        unit=_PER_SECOND,
    ),
    graph(
        "Latency of half of the attempts",
        "How long an attempt takes at most, for the faster half, by outcome.",
        "level, and well under the time-out (`ORDER_RELAY_API__TIMEOUT_SECONDS`).",
        "if `accepted` attempts get slower, the API is loaded: lower the concurrency.",
        "OrderRelayAnswersBurnSlow",
        _latency(0.5),
        unit="s",
    ),
    graph(
        "Latency of 99 in 100 attempts",
        "How long an attempt takes at most, but for one in a hundred, by outcome.",
        "under the time-out; `unknown` ones are at the time-out, as that made them unknown.",
        "`accepted` near the time-out means that some orders are already tried twice: raise"
        " the time-out, or lower the concurrency.",
        "OrderRelayAnswersBurnSlow",
        _latency(0.99),
        unit="s",
    ),
    graph(
        "Goodput against the budget",
        "Attempts a second, those of them that the API accepted or refused, and what all relays"
        " together may send.",
        "both under the budget. Without `ORDER_RELAY_API__RATE_PER_SECOND` there is none until the"
        " API throttles for the first time.",
        "at the budget while the requests queue grows: ask for a larger one. Far below it while"
        " orders wait: look at holds and latency.",
        "OrderRelayQueueGrows",
        Query(per_second(_REQUESTS), "sent"),
        Query(per_second(_REQUESTS, 'outcome=~"accepted|refused"'), "goodput"),
        Query(of_all_replicas(_BUDGET), "budget"),
        unit=_PER_SECOND,
    ),
    graph(
        "In flight against the limit",
        "Orders at the API now, and the most that all relays send at a time.",
        "below the limit, which falls by itself while the API is slow or throttles.",
        "at the limit while orders wait: the API is slow, or the concurrency is too low.",
        "OrderRelayThrottled",
        Query(total("order_relay_in_flight"), "in flight"),
        Query(total("order_relay_concurrency_limit"), "limit"),
    ),
    HELD,
    graph(
        "Budget, set and learned",
        "The rate that is set, what was learned from what the API throttled, and what all relays"
        " may send now. The lower of the first two counts.",
        "all that relays may send is the lower one. Nothing is learned until the API throttles.",
        "learned far below set, and attempts throttled: the API serves less than what is set, or"
        " somebody else uses the key. All below both: a relay has no share, see its log's lines"
        " `sharing`.",
        "OrderRelayBudgetTooHigh",
        Query(of_all_replicas(_BUDGET, 'source="set"'), "set"),
        Query(of_all_replicas(_BUDGET, 'source="learned"'), "learned"),
        Query(f"sum ({of_relay(_RATE_LIMIT)} < +Inf)", "all shares"),
        unit=_PER_SECOND,
        width=12,
        none="no limit",
    ),
    graph(
        "Replicas that share the budget",
        "How many replicas a relay knows, at least and at most, and how many run.",
        "the three are the same, but for seconds after a start or an end.",
        "more known than run: another release uses the same virtual host and namespace. Fewer:"
        " relays cannot read each other's words, see their logs' lines `sharing`.",
        "OrderRelayThrottled",
        Query(f"min ({of_relay(_PEERS)})", "fewest known"),
        Query(f"max ({of_relay(_PEERS)})", "most known"),
        Query(f"count ({of_relay('order_relay_build_info')})", "running"),
        width=12,
        decimals=0,
    ),
)
