"""One example or more of every event: the metrics that it changes, and the line that it writes."""

from math import inf

from service.flow.events.faults import BrokerFault
from service.flow.events.labels import ConnectionName, HoldReason, LimitsChange, LostCause, NoStream
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
from service.flow.sending.limits import Limits
from tests.edges.telemetry.example import Example
from tests.edges.telemetry.order_examples import ORDERS

LIFE = [
    Example(
        Started("1.2.3", "3.13.1"),
        "info",
        "started",
        {"version": "1.2.3", "python": "3.13.1"},
        {"build_info[version=1.2.3,python=3.13.1]": 1},
    ),
    Example(
        Started("1.2.3", "3.13.1", 512_000_000),
        "info",
        "started",
        {"version": "1.2.3", "python": "3.13.1", "memory_limit_bytes": 512_000_000},
        {"build_info[version=1.2.3,python=3.13.1]": 1, "memory_limit_bytes[]": 512_000_000},
    ),
    Example(
        AdminListening("0.0.0.0", 8080),
        "info",
        "admin endpoints",
        {"host": "0.0.0.0", "port": 8080},
    ),
    Example(
        ConsumingStarted("orders.requests", 70),
        "info",
        "consuming",
        {"queue": "orders.requests", "prefetch": 70},
    ),
    Example(
        ConsumingStopped("orders are held"),
        "info",
        "not consuming",
        {"why": "orders are held"},
    ),
    Example(KeyReloaded(), "info", "API key read again"),
    Example(
        KeyUnreadable("no such file"),
        "error",
        "API key unreadable, the last good one is used on",
        {"reason": "no such file"},
    ),
    Example(
        TracesLost("the collector answered 401"),
        "warning",
        "traces are lost",
        {"reason": "the collector answered 401"},
    ),
    Example(TracesExported(512), "info", "traces are exported again", {"lost_spans": 512}),
    Example(
        Unexpected("delivery", "KeyError: 'x'"),
        "error",
        "unexpected error",
        {"where": "delivery", "error": "KeyError: 'x'"},
    ),
    Example(
        Draining("SIGTERM", 25.0),
        "info",
        "draining",
        {"signal": "SIGTERM", "seconds": 25.0},
    ),
    Example(Stopped(0), "info", "stopped", {"left": 0}),
    Example(Stopped(2), "warning", "stopped", {"left": 2}),
    Example(
        LoopLagged(0.5),
        None,
        "event loop lag",
        {"lag_seconds": 0.5},
        {"event_loop_lag_seconds_count[]": 1, "event_loop_lag_seconds_sum[]": 0.5},
    ),
]

SURROUNDINGS = [
    Example(
        HoldChanged(HoldReason.CREDENTIALS, held=True, why="the API answered 401"),
        "error",
        "hold",
        {"reason": "credentials", "held": True, "why": "the API answered 401"},
        {"held[reason=credentials]": 1},
    ),
    Example(
        HoldChanged(HoldReason.CIRCUIT, held=True, why="no route"),
        "warning",
        "hold",
        {"reason": "circuit", "held": True, "why": "no route"},
        {"held[reason=circuit]": 1},
    ),
    Example(
        HoldChanged(HoldReason.CIRCUIT, held=False, why="over: no route"),
        "info",
        "hold",
        {"reason": "circuit", "held": False, "why": "over: no route"},
    ),
    Example(
        Limits(concurrency=64, set_per_second=25.0, share=0.5, peers=2).changed(LimitsChange.PEERS),
        "info",
        "limits",
        {
            "concurrency": 64,
            "rate_per_second": 12.5,
            "budget_per_second": 25.0,
            "source": "set",
            "set_per_second": 25.0,
            "peers": 2,
            "stands_by": False,
            "change": "peers",
        },
        {
            "concurrency_limit[]": 64,
            "rate_limit_per_second[]": 12.5,
            "budget_per_second[source=set]": 25.0,
            "peers[]": 2,
        },
    ),
    Example(
        Limits(
            concurrency=64, set_per_second=25.0, ceiling_per_second=20.0, share=0.5, peers=2
        ).changed(None),
        "debug",
        "limits",
        {
            "concurrency": 64,
            "rate_per_second": 10.0,
            "budget_per_second": 20.0,
            "source": "learned",
            "set_per_second": 25.0,
            "ceiling_per_second": 20.0,
            "peers": 2,
            "stands_by": False,
        },
        {
            "concurrency_limit[]": 64,
            "rate_limit_per_second[]": 10.0,
            "budget_per_second[source=set]": 25.0,
            "budget_per_second[source=learned]": 20.0,
            "peers[]": 2,
        },
    ),
    Example(
        Limits(concurrency=64).changed(LimitsChange.START),
        "info",
        "limits",
        {"concurrency": 64, "peers": 1, "stands_by": False, "change": "start"},
        {"concurrency_limit[]": 64, "peers[]": 1},
    ),
    Example(
        SharingChanged(None, "by the stream orders.peers"),
        "info",
        "sharing",
        {"why": "by the stream orders.peers"},
    ),
    Example(
        SharingChanged(NoStream.RIGHTS, "ACCESS_REFUSED"),
        "warning",
        "sharing",
        {"without": "rights", "why": "ACCESS_REFUSED"},
    ),
    Example(
        SharingLost(LostCause.CHANNEL_CLOSED, "gone", 0.5),
        "warning",
        "sharing interrupted",
        {"cause": "channel_closed", "reason": "gone", "retry_in_seconds": 0.5},
    ),
    Example(
        PlainBroker("broker:5672"),
        "warning",
        "broker without TLS",
        {"brokers": "broker:5672", "advice": "use amqps:// in ORDER_RELAY_AMQP__URL"},
    ),
    Example(
        OlderQueue("orders.retry.5", "see"),
        "warning",
        "queue of an older version",
        {"queue": "orders.retry.5", "advice": "see"},
    ),
    Example(
        BrokerConnected(ConnectionName.PUBLISH, "broker:5672/"),
        "info",
        "broker connected",
        {"connection": "publish", "broker": "broker:5672/"},
        {"broker_connected[connection=publish]": 1},
    ),
    Example(
        BrokerLost(ConnectionName.CONSUME, LostCause.ACK_FAILED, "gone", 1.5),
        "warning",
        "broker connection lost",
        {
            "connection": "consume",
            "cause": "ack_failed",
            "reason": "gone",
            "retry_in_seconds": 1.5,
        },
        {"broker_reconnects_total[connection=consume,cause=ack_failed]": 1},
    ),
    Example(
        BrokerLost(
            ConnectionName.PUBLISH, LostCause.CONNECT_FAILED, "refused", 0.1, BrokerFault.LOGIN
        ),
        "warning",
        "broker connection lost",
        {
            "connection": "publish",
            "cause": "connect_failed",
            "reason": "refused",
            "retry_in_seconds": 0.1,
            "fault": "login",
        },
        {"broker_reconnects_total[connection=publish,cause=connect_failed]": 1},
    ),
]

EXAMPLES = [*LIFE, *ORDERS, *SURROUNDINGS]

AT_START = {
    "rate_limit_per_second[]": inf,
    "memory_limit_bytes[]": inf,
}
"""The only values that are not 0 before the first event."""
