"""The broker: whether it is there, and how fast it takes what relays publish."""

from charts.sources.dashboards.colours import BAD, GOOD
from charts.sources.dashboards.panel import Query, Shape, State, graph, row
from charts.sources.dashboards.promql import WINDOW, known, of_relay, quantile
from service.core.message import PublicationKind
from service.flow.events.labels import ConnectionName, LostCause

_RECONNECTS = of_relay("order_relay_broker_reconnects_total")

ROW = row(
    "The broker",
    graph(
        "Connections to the broker",
        "Whether all relays have their connection to consume and the one to publish.",
        "both are up; a gap of seconds when a node of RabbitMQ restarts.",
        "see the cause beside this; the relay connects again by itself, without end.",
        "OrderRelayNoConsumer",
        Query(
            f"min by (connection) ({of_relay('order_relay_broker_connected')})",
            "{{connection}}",
            tuple(ConnectionName),
        ),
        shape=Shape.STATES,
        states=(State(0, "away", BAD), State(1, "connected", GOOD)),
    ),
    graph(
        "Reconnects by cause",
        "Connections that were lost or could not be made, by cause.",
        "none, but for a few when a node restarts.",
        "`connect failed`: address, network or password. `topology`: a queue differs, see"
        " `order-relay topology --check`. `publish timeout`: RabbitMQ is overloaded.",
        "OrderRelayReconnectStorm",
        Query(
            f"sum by (cause) (increase({_RECONNECTS}[{WINDOW}])) > 0", "{{cause}}", tuple(LostCause)
        ),
        shape=Shape.BARS,
        none="none in this time",
        decimals=0,
    ),
    graph(
        "Confirm latency",
        "From publishing to RabbitMQ's confirm, 99 in 100 times less, by what is published.",
        "tens of milliseconds.",
        "slow confirms come from slow disks or a RabbitMQ alarm; orders are acked only after"
        " them, so goodput falls, too.",
        "OrderRelayPublisherBlocked",
        Query(
            known(quantile(0.99, "order_relay_publish_duration_seconds", by="kind")),
            "{{kind}}",
            tuple(PublicationKind),
            exemplars=True,
        ),
        unit="s",
    ),
)
