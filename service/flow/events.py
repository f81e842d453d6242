"""What happens in the relay, as values: each event is one log line and its metrics, together.

Every class says its log level and its text; one without a level is for the metrics alone. Its
fields become the fields of the log line; what they do to the metrics is written in
`service.edges.telemetry.metrics`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol

from service.core.message import PublicationKind
from service.core.settlement import Settlement


class Level(StrEnum):
    """How loud an event is."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class HoldReason(StrEnum):
    """Why no new order is sent; the metric label `reason`."""

    CIRCUIT = "circuit"
    CREDENTIALS = "credentials"
    PUBLISHER = "publisher"
    THROTTLED = "throttled"


class ConnectionName(StrEnum):
    """Which of the two broker connections; the metric label `connection`."""

    CONSUME = "consume"
    PUBLISH = "publish"


class LostCause(StrEnum):
    """Why a broker connection was thrown away; the metric label `cause`."""

    CONNECT_FAILED = "connect_failed"
    CONNECTION_CLOSED = "connection_closed"
    CHANNEL_CLOSED = "channel_closed"
    CONSUMER_CANCELLED = "consumer_cancelled"
    ACK_FAILED = "ack_failed"
    PUBLISH_TIMEOUT = "publish_timeout"
    TOPOLOGY = "topology"


@dataclass(frozen=True, slots=True)
class Started:
    """The process runs."""

    version: str
    python: str
    level: ClassVar[Level] = Level.INFO
    text: ClassVar[str] = "started"


@dataclass(frozen=True, slots=True)
class AdminListening:
    """Metrics and health are served at this address."""

    host: str
    port: int
    level: ClassVar[Level] = Level.INFO
    text: ClassVar[str] = "admin endpoints"


@dataclass(frozen=True, slots=True)
class ConsumingStarted:
    """Deliveries arrive from now on."""

    queue: str
    prefetch: int
    level: ClassVar[Level] = Level.INFO
    text: ClassVar[str] = "consuming"


@dataclass(frozen=True, slots=True)
class ConsumingStopped:
    """No deliveries arrive until consuming starts again."""

    why: str
    level: ClassVar[Level] = Level.INFO
    text: ClassVar[str] = "not consuming"


@dataclass(frozen=True, slots=True)
class DeliveryArrived:
    """A delivery came in."""

    request_id: str | None
    redelivered: bool
    level: ClassVar[Level] = Level.DEBUG
    text: ClassVar[str] = "delivery arrived"


@dataclass(frozen=True, slots=True)
class InFlightChanged:
    """So many orders are at the API now."""

    in_flight: int
    level: ClassVar[Level | None] = None
    text: ClassVar[str] = "in flight"


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """One POST to the API came to an outcome; `http_status` says what came back, if it did."""

    request_id: str
    attempt: int
    outcome: str
    http_status: int | None
    reason: str | None
    duration_seconds: float
    text: ClassVar[str] = "attempt"

    @property
    def level(self) -> Level:
        """Certain answers are everyday; the others are what a person looks for."""
        return Level.DEBUG if self.outcome in ("accepted", "refused") else Level.WARNING


@dataclass(frozen=True, slots=True)
class RetryPlanned:
    """An order waits before its next attempt; `where` is `process` or `queue`."""

    request_id: str
    outcome: str
    delay_seconds: float
    tier_seconds: int
    where: str
    level: ClassVar[Level] = Level.INFO
    text: ClassVar[str] = "retry"


@dataclass(frozen=True, slots=True)
class Published:
    """The broker confirmed a publication."""

    request_id: str | None
    kind: PublicationKind
    duration_seconds: float
    level: ClassVar[Level] = Level.DEBUG
    text: ClassVar[str] = "published"


@dataclass(frozen=True, slots=True)
class PublishFailed:
    """A publication was not confirmed; it is tried again and its delivery stays unacked."""

    request_id: str | None
    kind: PublicationKind
    reason: str
    level: ClassVar[Level] = Level.WARNING
    text: ClassVar[str] = "publish failed"


@dataclass(frozen=True, slots=True)
class Answered:
    """The producer was told what became of the order, and the broker confirmed it."""

    request_id: str | None
    status: str
    code: str
    order: str | None
    message: str | None
    http_status: int | None
    attempts: int
    duration_seconds: float
    repeated: bool
    text: ClassVar[str] = "answered"

    @property
    def level(self) -> Level:
        """An unknown outcome wants a person."""
        return Level.WARNING if self.status == "unknown" else Level.INFO


@dataclass(frozen=True, slots=True)
class Settled:
    """The broker was told that the delivery is done with."""

    request_id: str | None
    settlement: Settlement
    text: ClassVar[str] = "settled"

    @property
    def level(self) -> Level:
        """Parked and dead-lettered deliveries want a person."""
        loud = (Settlement.PARKED, Settlement.DEAD_LETTERED)
        return Level.WARNING if self.settlement in loud else Level.DEBUG


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A delivery's connection is gone: the broker delivers it again, nothing is published."""

    request_id: str | None
    level: ClassVar[Level] = Level.INFO
    text: ClassVar[str] = "abandoned, the broker delivers it again"


@dataclass(frozen=True, slots=True)
class HoldChanged:
    """Sending of new orders stopped or went on for `reason`."""

    reason: HoldReason
    held: bool
    why: str
    text: ClassVar[str] = "hold"

    @property
    def level(self) -> Level:
        """A wrong key stops every order until a person mends it."""
        if self.held:
            credentials = self.reason is HoldReason.CREDENTIALS
            return Level.ERROR if credentials else Level.WARNING
        return Level.INFO


@dataclass(frozen=True, slots=True)
class LimitsChanged:
    """The most orders in flight, and this process's share of the rate (None: no limit)."""

    concurrency: int
    rate_per_second: float | None
    level: ClassVar[Level] = Level.INFO
    text: ClassVar[str] = "limits"


@dataclass(frozen=True, slots=True)
class BrokerConnected:
    """A broker connection is up; `broker` is host:port and vhost."""

    connection: ConnectionName
    broker: str
    level: ClassVar[Level] = Level.INFO
    text: ClassVar[str] = "broker connected"


@dataclass(frozen=True, slots=True)
class BrokerLost:
    """A broker connection failed or could not be made; it is built anew after the pause."""

    connection: ConnectionName
    cause: LostCause
    reason: str
    retry_in_seconds: float
    level: ClassVar[Level] = Level.WARNING
    text: ClassVar[str] = "broker connection lost"


@dataclass(frozen=True, slots=True)
class LoopLagged:
    """The event loop woke up so much later than asked."""

    lag_seconds: float
    level: ClassVar[Level | None] = None
    text: ClassVar[str] = "event loop lag"


@dataclass(frozen=True, slots=True)
class KeyReloaded:
    """The API key was read again from its file."""

    level: ClassVar[Level] = Level.INFO
    text: ClassVar[str] = "API key read again"


@dataclass(frozen=True, slots=True)
class KeyUnreadable:
    """The API key's file could not be read; the last good key is used on."""

    reason: str
    level: ClassVar[Level] = Level.ERROR
    text: ClassVar[str] = "API key unreadable, the last good one is used on"


@dataclass(frozen=True, slots=True)
class Unexpected:
    """A defect: an exception that no rule foresees; the delivery stays with the broker."""

    where: str
    error: str
    level: ClassVar[Level] = Level.ERROR
    text: ClassVar[str] = "unexpected error"


@dataclass(frozen=True, slots=True)
class Draining:
    """The process finishes what it has begun, then ends."""

    signal: str
    seconds: float
    level: ClassVar[Level] = Level.INFO
    text: ClassVar[str] = "draining"


@dataclass(frozen=True, slots=True)
class Stopped:
    """The process ends; `left` orders were in flight still, and the broker delivers them again."""

    left: int
    text: ClassVar[str] = "stopped"

    @property
    def level(self) -> Level:
        """An order that is cut off is asked about again, but should be rare."""
        return Level.WARNING if self.left else Level.INFO


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
    | Settled
    | Abandoned
    | HoldChanged
    | LimitsChanged
    | BrokerConnected
    | BrokerLost
    | LoopLagged
    | KeyReloaded
    | KeyUnreadable
    | Unexpected
    | Draining
    | Stopped
)


class Emit(Protocol):
    """Where events go; never raises and never waits."""

    def __call__(self, event: Event, /) -> None:
        """Take `event`."""
