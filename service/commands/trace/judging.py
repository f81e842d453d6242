"""What the relays and the broker say of one message id, put together: pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.core.codes import Status
from service.core.parked.found import Parked
from service.core.parked.replies import Unrouted
from service.flow.held_orders import Stage, Stand

_FIRST = tuple(Status)


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
class Seen:
    """What was found in the queues; `unread` are those that could not be looked at, and why.

    `requests` is how many wait in the queue that must not be looked into, and `consumers` how many
    consume from it; None where nobody says.
    """

    parked: tuple[Parked, ...] = ()
    unrouted: tuple[tuple[Unrouted, str | None], ...] = ()
    tiers: tuple[Waiting, ...] = ()
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


def wants_tiers(relays: Iterable[Relay]) -> bool:
    """Whether the tiers are to be looked at: not where a relay holds it and none set one aside."""
    said = [relay for relay in relays if isinstance(relay, Said)]
    return not any(relay.stands for relay in said) or any(relay.wait for relay in said)


def judge(relays: Sequence[Relay], seen: Seen, now: datetime) -> Trace:
    """Put together what was said and seen."""
    said = [relay for relay in relays if isinstance(relay, Said)]
    silent = [relay for relay in relays if isinstance(relay, Silent)]
    held = [InHand(one.address, stand, one.reasons) for one in said for stand in one.stands]
    held.sort(key=lambda one: one.stand.stage is Stage.SAME_ID)
    waits = [InTier(one, _until(one, said, now), bool(held)) for one in seen.tiers]
    left: list[Place] = [
        *(InParked(one) for one in seen.parked),
        *(InUnrouted(reply, order) for reply, order in seen.unrouted),
    ]
    ends = _ends(said, seen)
    if not held and not waits and not left and not ends:
        waits = _by_word(said, now)
    places: list[Place] = [*held, *waits, *left]
    if not places and ends:
        places = [Answered(ends[0])]
    unasked = (seen.consumers or 0) > len(relays)
    if not places:
        waited = any(one.wait for one in said)
        complete = not (silent or seen.unread or unasked or waited)
        places = [Nowhere(seen.requests, complete)]
    not_known = list(_not_known(silent, seen, elsewhere=not held and not waits))
    if unasked and not held and not waits:
        asked = f"{seen.consumers} consume the requests, {len(relays)} were asked"
        not_known.append(f"{asked}; name each with --relay")
    return Trace(tuple(places), ends, tuple(not_known))


def _by_word(said: Iterable[Said], now: datetime) -> list[InTier]:
    """Where a relay set it aside, and its wait is not over: the queue may not have been read."""
    waits = [(one.wait, one.address) for one in said if one.wait and one.wait[1] >= now]
    if not waits:
        return []
    (tier, until), address = max(waits, key=lambda wait: wait[0][1])
    return [InTier(Waiting(tier, 0, None), until, aside=False, told_by=address)]


def _until(waiting: Waiting, said: Iterable[Said], now: datetime) -> datetime | None:
    """When its wait is over, as the relay remembers that planned it."""
    untils = [
        one.wait[1]
        for one in said
        if one.wait is not None and one.wait[0] == waiting.tier_seconds and one.wait[1] >= now
    ]
    return max(untils, default=None)


def _ends(said: Iterable[Said], seen: Seen) -> tuple[End, ...]:
    """Each once, accepted first; what the reply itself says tells more than a relay remembers."""
    replies = (
        End(one.status, None, order, one.answered_at, "the reply in the unrouted queue")
        for one, order in seen.unrouted
        if one.status
    )
    found: dict[tuple[str, str | None], End] = {}
    for end in (*replies, *(end for one in said for end in one.ends)):
        found.setdefault((end.status, end.code), end)
    for key in [key for key in found if key[1] is None and key[0] != Status.ACCEPTED]:
        # A reply's own line does not say the code: a relay's line for the same end does.
        if any(other[0] == key[0] and other[1] for other in found):
            del found[key]
    return tuple(sorted(found.values(), key=_rank))


def _rank(end: End) -> tuple[int, float]:
    known = [str(status) for status in _FIRST]
    place = known.index(end.status) if end.status in known else len(known)
    return place, end.at.timestamp() if end.at else 0.0


def _not_known(silent: Iterable[Silent], seen: Seen, *, elsewhere: bool) -> Iterator[str]:
    for relay in silent:
        yield f"what the relay at {relay.address} holds: {relay.why}"
    yield from seen.unread
    if elsewhere and seen.requests:
        yield (
            f"{seen.requests} wait in the requests queue, and it may be among them: they are "
            f"not looked at, since a look makes an order one that was perhaps sent"
        )
    elif seen.requests is None:
        yield "how many wait in the requests queue; it may be among them"
