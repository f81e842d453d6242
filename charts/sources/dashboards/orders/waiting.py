"""Waiting: what has no answer yet, and where it is."""

from charts.sources.dashboards.frame import PARKED_PAGE, QUEUE_PAGE
from charts.sources.dashboards.panel import Query, Shape, graph, row
from charts.sources.dashboards.promql import DIGITS, oldest_order, padded, queue, seen
from service.core.decision import RetryPolicy

_TIERS = tuple(f"after {delay:>{DIGITS}} s" for delay in RetryPolicy().delays_seconds)
_QUEUES = f'label_replace({queue("retry[.].+")}, "delay", "$1", "queue", ".*[.](.+)")'
_BY_TIER = padded(f"sum by (delay) ({_QUEUES})", "delay")

ROW = row(
    "Waiting",
    graph(
        "Oldest order waiting",
        "The age of the oldest order that a relay knows of and has not answered. A gap is a hold in"
        " which no relay has any: they wait in the requests queue.",
        "seconds; it grows by a second a second while the API is away, and falls when what"
        " waited is answered.",
        "if it grows although orders are accepted, one order is stuck: its retries are in the"
        " log, under its request id.",
        "OrderRelayOrderTooOld",
        Query(oldest_order(), "oldest order"),
        unit="s",
    ),
    graph(
        "Requests queue",
        "Messages in the requests queue: those that wait, and those that a relay has taken.",
        "next to none wait; a relay has taken about as many as it works on.",
        "more waiting than a relay takes means too few relays, too small a budget or a hold:"
        ' compare goodput with the budget under "The API".',
        "OrderRelayQueueGrows",
        Query(f"sum ({queue('requests', 'messages_ready')})", "waiting"),
        Query(f"sum ({queue('requests', 'messages_unacked')})", "at a relay"),
        shape=Shape.STACK,
    ),
    graph(
        "Consumers of the requests queue",
        "How many relays consume, as RabbitMQ sees it.",
        "as many as there are replicas. In a hold there may be fewer, or more: one that was"
        " cancelled counts until its orders are acked.",
        'with none, orders only pile up: see "What is held and why" and "Connections to the'
        ' broker".',
        "OrderRelayNoConsumer",
        Query(f"sum ({queue('requests', 'consumers')})", "consumers"),
        decimals=0,
    ),
    graph(
        "Retries by tier",
        "Waits before another attempt, a second, by how long they are.",
        "few, and short ones.",
        'long tiers mean that orders failed several times: look at "Attempts by outcome".',
        "OrderRelayApiErrorBurnSlow",
        Query(
            padded(seen("order_relay_retries_total", by="delay_seconds"), "delay_seconds"),
            "after {{delay_seconds}} s",
            _TIERS,
        ),
        shape=Shape.STACK,
        unit="suffix:/s",
        none="none in this time",
    ),
    graph(
        "Retry queues",
        "Messages that wait for their next attempt, by tier.",
        "few; none in the long tiers.",
        "they come back by themselves when their time is over; nothing is lost by waiting.",
        "OrderRelayApiErrorBurnSlow",
        Query(_BY_TIER, "after {{delay}} s", _TIERS),
        shape=Shape.STACK,
    ),
    graph(
        "Left for a person",
        "Messages in the parked queue and replies in the unrouted queue.",
        "none in either.",
        "the links say how to see them one by one, and what to do with each; for unrouted"
        " replies, bind the producer's queue and pass them on.",
        "OrderRelayUnrouted",
        Query(f"sum ({queue('parked')})", "parked"),
        Query(f"sum ({queue('unrouted')})", "unrouted"),
        decimals=0,
        links=(PARKED_PAGE, QUEUE_PAGE),
    ),
)
