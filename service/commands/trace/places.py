"""What relays and queues say of one message id, and the places where it can be."""

from dataclasses import dataclass
from datetime import datetime

from service.core.parked.found import Parked
from service.core.parked.replies import Unrouted
from service.flow.held_orders import Stand


@dataclass(frozen=True, slots=True)
class End:
    """One answer that was given to the id, and who tells it."""

    status: str
    code: str | None
    order: str | None
    at: datetime | None
    told_by: str


@dataclass(frozen=True, slots=True)
class Said:
    """What one relay says: what it holds, the last wait in a tier that it planned, and ends.

    `reasons` are why it holds orders back, or takes none.
    """

    address: str
    stands: tuple[Stand, ...] = ()
    wait: tuple[int, datetime] | None = None
    ends: tuple[End, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Silent:
    """A relay that did not say, and why."""

    address: str
    why: str


Relay = Said | Silent


@dataclass(frozen=True, slots=True)
class Waiting:
    """A copy in a waiting tier."""

    tier_seconds: int
    attempts: int
    last_outcome: str | None


@dataclass(frozen=True, slots=True)
class Unlooked:
    """The tiers were not looked at: this RabbitMQ `version` would mark what waits there.

    `ready` is how many wait there; None where nobody says.
    """

    version: str
    ready: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found in the queues; `unread` are those that could not be looked at, and why.

    `requests` is how many wait in the queue that must not be looked into, and `consumers` how many
    consume from it; None where nobody says.
    """

    parked: tuple[Parked, ...] = ()
    unrouted: tuple[tuple[Unrouted, str | None], ...] = ()
    tiers: tuple[Waiting, ...] | Unlooked = ()
    requests: int | None = None
    unread: tuple[str, ...] = ()
    consumers: int | None = None


@dataclass(frozen=True, slots=True)
class InHand:
    """A relay holds it."""

    relay: str
    stand: Stand
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InTier:
    """It waits in a queue; `until` where a relay remembers. `aside` of another one in hand.

    `told_by` is the relay whose word alone it is: it was not seen there.
    """

    waiting: Waiting
    until: datetime | None
    aside: bool
    told_by: str | None = None


@dataclass(frozen=True, slots=True)
class InParked:
    """It waits for a person."""

    parked: Parked


@dataclass(frozen=True, slots=True)
class InUnrouted:
    """Its reply waits for somebody to be bound; `order` is what it says."""

    reply: Unrouted
    order: str | None


@dataclass(frozen=True, slots=True)
class Answered:
    """It is over, and is nowhere any more."""

    end: End


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Nothing is known of it; `complete` says that all relays and queues were asked."""

    requests: int | None
    complete: bool


Place = InHand | InTier | InParked | InUnrouted | Answered | Nowhere


@dataclass(frozen=True, slots=True)
class Trace:
    """Where the id is, the place that decides first; its ends; and what could not be known."""

    places: tuple[Place, ...]
    ends: tuple[End, ...]
    not_known: tuple[str, ...]

    @property
    def found(self) -> bool:
        """Whether anything is known of it."""
        return not isinstance(self.places[0], Nowhere)
