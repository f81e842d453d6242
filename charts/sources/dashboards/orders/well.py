"""Is it well? Twelve numbers, each green when nobody has to do anything."""

from functools import partial

from charts.sources.dashboards.colours import BAD, GOOD, WARN
from charts.sources.dashboards.frame import PARKED_PAGE, QUEUE_PAGE
from charts.sources.dashboards.panel import State, Step, number, row
from charts.sources.dashboards.promql import (
    IN_TIME,
    PROCESS,
    away,
    in_range,
    of_relay,
    oldest_order,
    per_second,
    process,
    quantile,
    queue,
)
from service.flow.events.labels import HoldReason

_DURATION = "order_relay_order_duration_seconds"
_REQUESTS = "order_relay_api_requests_total"
_ENDED = 'outcome=~"accepted|refused"'
_THROTTLED = 'outcome="throttled"'


def _rising(warn: float, bad: float) -> tuple[Step, ...]:
    return (Step(None, GOOD), Step(warn, WARN), Step(bad, BAD))


def _falling(warn: float, good: float) -> tuple[Step, ...]:
    return (Step(None, BAD), Step(warn, WARN), Step(good, GOOD))


_SOME_ARE_GOOD = (Step(None, BAD), Step(1, GOOD))
_NONE_IS_GOOD = (Step(None, GOOD), Step(1, BAD))


_HOLDS = (
    State(1, HoldReason.THROTTLED, WARN),
    State(2, HoldReason.CIRCUIT, BAD),
    State(3, HoldReason.PUBLISHER, BAD),
    State(4, HoldReason.CREDENTIALS, BAD),
)
"""From the one that ends soonest to the one that needs a person: of several, that is shown."""

_HELD = " or ".join(
    of_relay("order_relay_held", f'reason="{one.text}"') + f" * {one.value}" for one in _HOLDS
)

_number = partial(number, width=4)

ROW = row(
    "Is it well?",
    _number(
        "Relays running",
        f"count ({of_relay('order_relay_build_info')}) or vector(0)",
        "The processes that Prometheus reaches.",
        "as many as there are replicas.",
        "see whether pods restart or fail to start, and why in their logs.",
        "OrderRelayAbsent",
        _SOME_ARE_GOOD,
    ),
    _number(
        "Sending orders",
        f"max ({_HELD})",
        "Whether some relay keeps back new orders. None is lost: they wait in the queue.",
        "sending. A hold of a few seconds after a 429 is nothing to worry about.",
        "`credentials` needs a new key or address; the others end by themselves when the API or"
        ' the broker recovers. "What is held and why" says more.',
        "OrderRelayCredentialsHeld",
        _NONE_IS_GOOD,
        states=(State(0, "sending", GOOD), *_HOLDS),
    ),
    _number(
        "Broker",
        f"min ({of_relay('order_relay_broker_connected')})",
        "Whether every relay has both of its connections to RabbitMQ.",
        "connected.",
        'look at "The broker" for the cause, then at the nodes of RabbitMQ.',
        "OrderRelayNoConsumer",
        _SOME_ARE_GOOD,
        states=(State(0, "away", BAD), State(1, "connected", GOOD)),
    ),
    _number(
        "Oldest order",
        oldest_order(),
        "The age of the oldest order that a relay knows of and has not answered. In a hold no relay"
        " may have any: they wait in the requests queue.",
        "seconds; minutes while the API is away.",
        'look at "Waiting": is it retried, or does it wait for a relay?',
        "OrderRelayOrderTooOld",
        _rising(60, 900),
        unit="s",
        none="not known",
    ),
    _number(
        "Attempts that succeed",
        f"{per_second(_REQUESTS, _ENDED)} / ({per_second(_REQUESTS)} > 0)",
        "Attempts that ended an order, accepted or refused, of all attempts.",
        "over 99 %.",
        'see under "The API" which outcome the others have, and ask the API\'s operators.',
        "OrderRelayApiErrorBurnFast",
        _falling(0.9, 0.99),
        unit="percentunit",
        none="no attempts",
    ),
    _number(
        "Throttled attempts",
        f"{per_second(_REQUESTS, _THROTTLED)} / ({per_second(_REQUESTS)} > 0)",
        "Attempts that the API turned away because there are too many.",
        "none, or a few in a hundred at peaks.",
        "lower `ORDER_RELAY_API__RATE_PER_SECOND` to the key's budget, or ask for more.",
        "OrderRelayThrottled",
        _rising(0.01, 0.1),
        unit="percentunit",
        none="no attempts",
    ),
    _number(
        "Answered in 60 s, API up",
        f"{per_second(f'{_DURATION}_bucket', IN_TIME)} / ({per_second(f'{_DURATION}_count')} > 0)"
        f" unless on () {away()}",
        "Orders answered within 60 s of when a relay first saw them, of all that are answered now."
        " Those that still wait are none of them: see the oldest order.",
        "99.9 %; less for an hour after the API was away.",
        'see under "What became of the orders" how long they take, and which are retried.',
        "OrderRelayAnswersBurnFast",
        _falling(0.99, 0.999),
        unit="percentunit",
        none="none, or API away",
    ),
    _number(
        "Outcome unknown",
        in_range("order_relay_replies_total", 'status="unknown"'),
        "Orders given up in the time shown, of which nobody knows whether they exist.",
        "none.",
        "look them up at the API by their request id; they are in the parked queue.",
        "OrderRelayOutcomeUnknown",
        _NONE_IS_GOOD,
    ),
    _number(
        "Parked messages",
        f"sum ({queue('parked')})",
        "Messages that a person must look at, now in the parked queue.",
        "none.",
        "the second link says how to see them one by one, with the header that says why.",
        "OrderRelayParked",
        _NONE_IS_GOOD,
        links=(PARKED_PAGE,),
    ),
    _number(
        "Unrouted replies",
        f"sum ({queue('unrouted')})",
        "Replies that no queue was bound for, kept in the unrouted queue.",
        "none.",
        "ask the producer which key it bound: a reply goes to the request's `reply_to`.",
        "OrderRelayUnrouted",
        _NONE_IS_GOOD,
        links=(QUEUE_PAGE,),
    ),
    _number(
        "Loop lag",
        quantile(0.99, "order_relay_event_loop_lag_seconds"),
        "How late the relay's event loop wakes up, 99 times in 100 less.",
        "under 50 ms.",
        'give it more CPU: see "The process" for whether it is throttled.',
        "OrderRelayEventLoopLag",
        _rising(0.1, 1),
        unit="s",
    ),
    _number(
        "Memory used",
        f"max ({process('process_resident_memory_bytes')}"
        f" / on ({PROCESS}) ({of_relay('order_relay_memory_limit_bytes')} < +Inf))",
        "The part of its limit that the largest relay uses.",
        "under 80 %, and level.",
        "lower the concurrency or raise the limit before the kernel ends the process.",
        "OrderRelayMemoryNearLimit",
        _rising(0.8, 0.9),
        unit="percentunit",
        none="no limit",
    ),
)
