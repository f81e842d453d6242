"""What happens in the relay, as values: each event is one log line and its metrics, together.

Every class says its log level and its text; one without a level is for the metrics alone. Its
fields become the fields of the log line; what they do to the metrics is written in
`service.edges.telemetry.metrics`.
"""

from typing import Protocol

from service.flow.order_events import (
    Abandoned,
    Answered,
    AttemptEnded,
    DeliveryArrived,
    InFlightChanged,
    ParkedUnanswered,
    Published,
    PublishFailed,
    RetryPlanned,
    Settled,
)
from service.flow.process_events import (
    AdminListening,
    BrokerConnected,
    BrokerLost,
    ConsumingStarted,
    ConsumingStopped,
    Draining,
    HoldChanged,
    KeyReloaded,
    KeyUnreadable,
    LimitsChanged,
    LoopLagged,
    Started,
    Stopped,
    TracesExported,
    TracesLost,
    Unexpected,
)
from service.flow.vocabulary import ConnectionName, HoldReason, Level, LostCause, Waiting

__all__ = [
    "Abandoned",
    "AdminListening",
    "Answered",
    "AttemptEnded",
    "BrokerConnected",
    "BrokerLost",
    "ConnectionName",
    "ConsumingStarted",
    "ConsumingStopped",
    "DeliveryArrived",
    "Draining",
    "Emit",
    "Event",
    "HoldChanged",
    "HoldReason",
    "InFlightChanged",
    "KeyReloaded",
    "KeyUnreadable",
    "Level",
    "LimitsChanged",
    "LoopLagged",
    "LostCause",
    "ParkedUnanswered",
    "PublishFailed",
    "Published",
    "RetryPlanned",
    "Settled",
    "Started",
    "Stopped",
    "TracesExported",
    "TracesLost",
    "Unexpected",
    "Waiting",
]

Event = (
    Started
    | AdminListening
    | ConsumingStarted
    | ConsumingStopped
    | DeliveryArrived
    | InFlightChanged
    | AttemptEnded
    | RetryPlanned
    | Published
    | PublishFailed
    | Answered
    | ParkedUnanswered
    | Settled
    | Abandoned
    | HoldChanged
    | LimitsChanged
    | BrokerConnected
    | BrokerLost
    | LoopLagged
    | KeyReloaded
    | KeyUnreadable
    | TracesLost
    | TracesExported
    | Unexpected
    | Draining
    | Stopped
)


class Emit(Protocol):
    """Where events go; never raises and never waits."""

    def __call__(self, event: Event, /) -> None:
        """Take `event`."""
