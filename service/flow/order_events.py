"""What happens to one order on its way; see `service.flow.events`."""

from dataclasses import dataclass
from typing import ClassVar

from service.core.message import PublicationKind
from service.core.settlement import Settlement
from service.flow.vocabulary import Level


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
