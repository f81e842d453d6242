"""What happens to the process and its connections; see `service.flow.events`."""

from dataclasses import dataclass
from typing import ClassVar

from service.flow.vocabulary import STARTING, ConnectionName, HoldReason, Level, LostCause


@dataclass(frozen=True, slots=True)
class Started:
    """The process runs; None where its memory has no limit."""

    version: str
    python: str
    memory_limit_bytes: int | None = None
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
class HoldChanged:
    """Sending of new orders stopped or went on for `reason`."""

    reason: HoldReason
    held: bool
    why: str
    text: ClassVar[str] = "hold"

    @property
    def level(self) -> Level:
        """A wrong key stops every order until a person mends it."""
        if self.held and self.why != STARTING:
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
class TracesLost:
    """Spans could not be exported; nothing more is said of it until one batch can be."""

    reason: str
    level: ClassVar[Level] = Level.WARNING
    text: ClassVar[str] = "traces are lost"


@dataclass(frozen=True, slots=True)
class TracesExported:
    """Spans are exported again; so many were lost in between."""

    lost_spans: int
    level: ClassVar[Level] = Level.INFO
    text: ClassVar[str] = "traces are exported again"


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
