"""What happens to one order on its way; see `service.flow.events`."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from service.core.message import PublicationKind
from service.core.settlement import Settlement
from service.flow.vocabulary import Level, Waiting


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
    attempts: int
    outcome: str
    http_status: int | None
    reason: str | None
    duration_seconds: float
    text: ClassVar[str] = "attempt"

    @property
    def level(self) -> Level:
        """DEBUG for an outcome that ends the order: its end has a line of its own."""
        return Level.DEBUG if self.outcome in ("accepted", "refused") else Level.WARNING


@dataclass(frozen=True, slots=True)
class RetryPlanned:
    """An order waits before its next attempt, and this says where and until when."""

    request_id: str
    outcome: str | None
    http_status: int | None
    reason: str | None
    attempts: int
    where: Waiting
    delay_seconds: float
    tier_seconds: int
    waits_until: datetime
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
    """The end of an order: its producer was told, and the broker has confirmed the reply."""

    request_id: str | None
    status: str
    code: str | None
    order: str | None
    message: str | None
    http_status: int | None
    attempts: int
    settlement: Settlement
    repeated: bool
    redelivered: bool
    routing_key: str
    correlation_id: str | None
    deadline: datetime | None
    first_seen_at: datetime
    answered_at: datetime
    duration_seconds: float
    text: ClassVar[str] = "answered"

    @property
    def level(self) -> Level:
        """WARNING where a person must look: the outcome is unknown, or the message is parked."""
        wanted = self.status == "unknown" or self.settlement is not Settlement.REPLIED
        return Level.WARNING if wanted else Level.INFO


@dataclass(frozen=True, slots=True)
class ParkedUnanswered:
    """The end of a message that is parked for a person, and that nobody can be told about."""

    request_id: str | None
    code: str | None
    message: str | None
    settlement: Settlement
    redelivered: bool
    first_seen_at: datetime
    level: ClassVar[Level] = Level.WARNING
    text: ClassVar[str] = "parked"


@dataclass(frozen=True, slots=True)
class Settled:
    """The broker was told what to do with the delivery."""

    request_id: str | None
    settlement: Settlement
    level: ClassVar[Level] = Level.DEBUG
    text: ClassVar[str] = "settled"


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A delivery's connection is gone: the broker delivers it again, nothing is published."""

    request_id: str | None
    level: ClassVar[Level] = Level.INFO
    text: ClassVar[str] = "abandoned, the broker delivers it again"
