"""What may not be as it should be, as a closed type, and how much each matters."""

from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from service.flow.events.labels import HoldReason

MANY_FAIL_SHARE = 0.144
"""14.4 times the allowance of 1 %, as the fast alert has it."""


class Severity(Enum):
    """How much a finding matters."""

    LOOK = "look"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class InstanceSilent:
    """Relays that do not answer."""

    count: int
    of: int


@dataclass(frozen=True, slots=True)
class Held:
    """No new order is sent, by so many relays, for this reason."""

    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """So many of these broker connections are down."""

    connection: str
    count: int


@dataclass(frozen=True, slots=True)
class Reconnected:
    """Broker connections were built anew lately."""

    count: float


@dataclass(frozen=True, slots=True)
class OrdersUnknown:
    """Orders were given up lately that may exist."""

    count: float


@dataclass(frozen=True, slots=True)
class OrdersFailed:
    """Orders were given up lately that certainly do not exist."""

    count: float


@dataclass(frozen=True, slots=True)
class MostRejected:
    """The share of the latest answers that were rejections, and what most of them say."""

    share: float
    code: str


@dataclass(frozen=True, slots=True)
class AttemptsFail:
    """The share of the attempts at the API that came to no certain answer."""

    share: float


@dataclass(frozen=True, slots=True)
class OldOrder:
    """The oldest order on its way is this old."""

    seconds: float


@dataclass(frozen=True, slots=True)
class LoopLate:
    """The event loop wakes up so late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class MemoryNear:
    """A relay uses this share of the memory that it may use."""

    share: float


@dataclass(frozen=True, slots=True)
class QueueMissing:
    """These queues do not stand at the broker."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoConsumer:
    """Nobody takes requests; so many wait."""

    waiting: int


@dataclass(frozen=True, slots=True)
class Parked:
    """So many messages wait for a person."""

    count: int


@dataclass(frozen=True, slots=True)
class Unrouted:
    """So many replies found no receiver."""

    count: int


Finding = (
    InstanceSilent
    | Held
    | Disconnected
    | Reconnected
    | OrdersUnknown
    | OrdersFailed
    | MostRejected
    | AttemptsFail
    | OldOrder
    | LoopLate
    | MemoryNear
    | QueueMissing
    | NoConsumer
    | Parked
    | Unrouted
)


def severity(finding: Finding) -> Severity:
    """BAD where orders stand still, may be lost sight of, or cost money twice."""
    match finding:
        case Held():
            # The API itself asks for it, and the orders wait in turn.
            return Severity.LOOK if finding.reason == HoldReason.THROTTLED else Severity.BAD
        case AttemptsFail():
            return Severity.BAD if finding.share > MANY_FAIL_SHARE else Severity.LOOK
        case InstanceSilent() | Disconnected() | OrdersUnknown() | QueueMissing() | NoConsumer():
            return Severity.BAD
        case Reconnected() | OrdersFailed() | OldOrder() | LoopLate() | MemoryNear():
            return Severity.LOOK
        case Parked() | Unrouted() | MostRejected():
            return Severity.LOOK
        case _ as never:  # pragma: no cover
            assert_never(never)
