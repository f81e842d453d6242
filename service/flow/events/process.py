"""What happens to the process and its connections."""

from typing import Annotated

from service.flow.events.declare import Declared, Level, Reason, event
from service.flow.events.faults import BrokerFault
from service.flow.events.labels import (
    STARTING,
    BudgetSource,
    ConnectionName,
    HoldReason,
    LimitsChange,
    LostCause,
    NoStream,
)

_Connection = Annotated[ConnectionName, "which of the two connections"]


@event("started")
class Started(Declared):
    """The process runs."""

    version: Annotated[str, "of the relay"]
    python: Annotated[str, "of Python"]
    memory_limit_bytes: Annotated[
        int | None, "the limit of the process's control group; absent where there is none"
    ] = None


@event("admin endpoints")
class AdminListening(Declared):
    """Metrics and health are served at this address."""

    host: Annotated[str, "the address that is listened on"]
    port: Annotated[int, "its port"]


@event("broker without TLS", Level.WARNING)
class PlainBroker(Declared):
    """At the start: the password and the orders can be read on the way to this broker."""

    brokers: Annotated[str, "host and port of each, separated by commas"]
    advice: Annotated[str, "what to do about it"] = "use amqps:// in ORDER_RELAY_AMQP__URL"


@event("queue of an older version", Level.WARNING)
class OlderQueue(Declared):
    """A retry queue has another delivery limit than it would get now; it is used as it is."""

    queue: Annotated[str, "the queue"]
    advice: Annotated[str, "what to do about it"] = (
        "orders are relayed; docs/upgrading.md says how a queue is made anew without a loss"
    )


@event("consuming")
class ConsumingStarted(Declared):
    """Deliveries arrive from now on."""

    queue: Annotated[str, "the queue"]
    prefetch: Annotated[int, "the most unacked messages at a time"]


@event("not consuming")
class ConsumingStopped(Declared):
    """No deliveries arrive until consuming starts again."""

    why: Annotated[str, "why, in words"]


@event("hold")
class HoldChanged(Declared):
    """Sending of new orders stopped or resumed for `reason`."""

    reason: Annotated[HoldReason, "what the hold is for"]
    held: Annotated[bool, "whether the hold began; false when it is over"]
    why: Annotated[str, "why it is held, and where to look; after `over:`, why it was"]

    @property
    def level(self) -> Level:
        """A wrong key stops every order until a person fixes it."""
        if self.held and self.why != STARTING:
            credentials = self.reason is HoldReason.CREDENTIALS
            return Level.ERROR if credentials else Level.WARNING
        return Level.INFO


@event("limits")
class LimitsChanged(Declared):
    """What limits sending: this process's concurrency, and its share of what all may send."""

    concurrency: Annotated[int, "the most orders at the API at a time"]
    rate_per_second: Annotated[
        float | None,
        "this process's share of the budget; absent without one, 0 until the others know of it",
    ]
    budget_per_second: Annotated[
        float | None, "what all replicas share; absent while nothing limits them"
    ]
    source: Annotated[BudgetSource | None, "whether the budget is set or, being lower, learned"]
    set_per_second: Annotated[
        float | None, "the rate that is set, the smallest of all replicas; absent where none is"
    ]
    ceiling_per_second: Annotated[
        float | None, "what was learned from the API's answers; absent before the first 429"
    ]
    peers: Annotated[int, "the replicas that this one knows, itself included"]
    stands_by: Annotated[bool, "others send for this one: the budget is too low for so many"]
    change: Annotated[
        LimitsChange | None, "what is another than in the last line; absent at `debug`"
    ]

    @property
    def level(self) -> Level:
        """DEBUG for a share, a concurrency or a ceiling that moves, and for what is told later."""
        return Level.DEBUG if self.change is None else Level.INFO


@event("sharing")
class SharingChanged(Declared):
    """How this process comes to its share of the limits: by the stream, or `without` it."""

    without: Annotated[
        NoStream | None, "why consumers are counted instead; absent where the stream is read"
    ]
    why: Annotated[str, "the same in words, and what to do about it"]

    @property
    def level(self) -> Level:
        """Counted shares are right in quiet times only."""
        return Level.INFO if self.without is None else Level.WARNING


@event("sharing interrupted", Level.WARNING)
class SharingLost(Declared):
    """The connection to the stream of the replicas failed, or could not be made."""

    cause: Annotated[LostCause, "what ended the connection"]
    reason: Reason
    retry_in_seconds: Annotated[float, "how long until the next try"]


@event("broker connected")
class BrokerConnected(Declared):
    """A broker connection is up; `broker` is host:port and vhost."""

    connection: _Connection
    broker: Annotated[str, "address and virtual host"]


@event("broker connection lost", Level.WARNING)
class BrokerLost(Declared):
    """A broker connection failed or could not be opened; it is opened again after the pause."""

    connection: _Connection
    cause: Annotated[LostCause, "what ended the connection"]
    reason: Annotated[str, "why, in words, and where the fault is known what to do about it"]
    retry_in_seconds: Annotated[float, "how long until the next try"]
    fault: Annotated[BrokerFault | None, "what is wrong with the broker, where it is known"] = None


@event("event loop lag", level=None)
class LoopLagged(Declared):
    """The event loop woke up later than asked, by `lag_seconds`."""

    lag_seconds: float


@event("API key read again")
class KeyReloaded(Declared):
    """The API key was read again from its file."""


@event("API key unreadable, the last good one is used on", Level.ERROR)
class KeyUnreadable(Declared):
    """The API key's file could not be read; the last good key stays in use."""

    reason: Reason


@event("traces are lost", Level.WARNING)
class TracesLost(Declared):
    """Spans could not be exported; the next line about it comes when a batch can be."""

    reason: Reason


@event("traces are exported again")
class TracesExported(Declared):
    """Spans are exported again; `lost_spans` were lost in between."""

    lost_spans: Annotated[int, "spans that were not exported"]


@event("unexpected error", Level.ERROR)
class Unexpected(Declared):
    """A defect: an exception that no rule foresees; the delivery stays with the broker."""

    where: Annotated[str, "which part of the relay met it"]
    error: Annotated[str, "class and text of the exception"]


@event("draining")
class Draining(Declared):
    """The process finishes what it has begun, then ends."""

    signal: Annotated[str, "the signal that ended it"]
    seconds: Annotated[float, "how long it may take to finish what it has begun"]


@event("stopped")
class Stopped(Declared):
    """The process ends; `left` orders were still in flight, and the broker delivers them again."""

    left: Annotated[int, "orders that were cut off; the broker delivers them again"]

    @property
    def level(self) -> Level:
        """WARNING where orders were cut off: they are tried again, but this should be rare."""
        return Level.WARNING if self.left else Level.INFO


ProcessEvent = (
    Started
    | AdminListening
    | PlainBroker
    | OlderQueue
    | ConsumingStarted
    | ConsumingStopped
    | HoldChanged
    | LimitsChanged
    | SharingChanged
    | SharingLost
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
