"""What a relay tells of itself, and what its health says then."""

from service.edges.admin.health import Health
from service.flow.events import Event
from service.flow.events.faults import BrokerFault
from service.flow.events.labels import ConnectionName, HoldReason, LostCause
from service.flow.events.process import (
    BrokerConnected,
    BrokerLost,
    ConsumingStarted,
    ConsumingStopped,
    Draining,
    HoldChanged,
)
from service.flow.sending.limits import Limits

CONSUME = BrokerConnected(ConnectionName.CONSUME, "broker:5672/")
PUBLISH = BrokerConnected(ConnectionName.PUBLISH, "broker:5672/")
CONSUMING = ConsumingStarted("orders.requests", 70)
PAUSED = ConsumingStopped("orders are held")
DRAINING = Draining("SIGTERM", 25.0)
STANDS_BY = Limits(concurrency=64, set_per_second=6, share=0, peers=3, stands_by=True).changed(None)
CONNECTED: list[Event] = [CONSUME, PUBLISH]
UP: list[Event] = [*CONNECTED, CONSUMING]


def lost(name: ConnectionName, fault: BrokerFault | None = None) -> BrokerLost:
    """The loss of a connection, with words of the broker's that are nobody's business."""
    return BrokerLost(
        name, LostCause.CONNECTION_CLOSED, "amqp://user:password@broker", 1.0, fault=fault
    )


def held(reason: HoldReason) -> HoldChanged:
    """The beginning of a hold."""
    return HoldChanged(reason, held=True, why=f"why {reason}; see there")


def lifted(reason: HoldReason) -> HoldChanged:
    """The end of a hold."""
    return HoldChanged(reason, held=False, why="over: why")


SITUATIONS: dict[str, list[Event]] = {
    "just started": [],
    "half connected": [CONSUME],
    "about to consume": CONNECTED,
    "consuming": UP,
    "consuming again": [*UP, PAUSED, CONSUMING],
    "paused": [*UP, PAUSED],
    "broker away": [*UP, lost(ConnectionName.CONSUME)],
    "broker back": [*UP, lost(ConnectionName.CONSUME), CONSUME],
    "broker refuses": [lost(ConnectionName.CONSUME, BrokerFault.LOGIN), PUBLISH],
    "results wait": [*UP, lost(ConnectionName.PUBLISH)],
    "results cannot leave": [*CONNECTED, lost(ConnectionName.PUBLISH)],
    "held": [*UP, held(HoldReason.CREDENTIALS), PAUSED],
    "held twice": [*CONNECTED, held(HoldReason.PUBLISHER), held(HoldReason.CIRCUIT)],
    "one of two holds": [
        *(*CONNECTED, held(HoldReason.CIRCUIT), held(HoldReason.PUBLISHER)),
        lifted(HoldReason.CIRCUIT),
    ],
    "hold lifted": [*CONNECTED, held(HoldReason.CIRCUIT), lifted(HoldReason.CIRCUIT)],
    "held and broker away": [*CONNECTED, held(HoldReason.CIRCUIT), lost(ConnectionName.CONSUME)],
    "draining before it consumes": [*CONNECTED, DRAINING],
    "draining": [*UP, DRAINING],
    "drained": [*UP, DRAINING, PAUSED],
    "others send": [*CONNECTED, STANDS_BY],
}


class Hand:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        """The time of the test."""
        return self.seconds


def told(*happened: Event) -> tuple[Hand, Health]:
    """The health after these events, all at the same moment."""
    hand = Hand()
    health = Health(hand)
    for event in happened:
        health.record(event)
    return hand, health
