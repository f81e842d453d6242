"""What the relays and the broker say of one message id, put together: pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from service.commands.trace.places import (
    Answered,
    End,
    InHand,
    InParked,
    InTier,
    InUnrouted,
    Nowhere,
    Place,
    Relay,
    Said,
    Seen,
    Silent,
    Trace,
    Unlooked,
    Waiting,
)
from service.core.codes import Status
from service.flow.held_orders import Stage

_FIRST = tuple(Status)


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
    unlooked = isinstance(seen.tiers, Unlooked)
    tiers = () if isinstance(seen.tiers, Unlooked) else seen.tiers
    waits = [InTier(one, _until(one, said, now), bool(held)) for one in tiers]
    left: list[Place] = [
        *(InParked(one) for one in seen.parked),
        *(InUnrouted(reply, order) for reply, order in seen.unrouted),
    ]
    ends = _ends(said, seen)
    if unlooked or not (held or waits or left or ends):
        waits = _by_word(said, now, aside=bool(held))
    places: list[Place] = [*held, *waits, *left]
    if not places and ends:
        places = [Answered(ends[0])]
    unasked = (seen.consumers or 0) > len(relays)
    if not places:
        waited = any(one.wait for one in said)
        untold = isinstance(seen.tiers, Unlooked) and seen.tiers.ready != 0
        complete = not (silent or seen.unread or unasked or waited or untold)
        places = [Nowhere(seen.requests, complete)]
    not_known = list(_not_known(silent, seen, elsewhere=not held and not waits))
    if unasked and not held and not waits:
        asked = f"{seen.consumers} consume the requests, asked were {len(relays)}"
        not_known.append(f"{asked}; name each with --relay")
    return Trace(tuple(places), ends, tuple(not_known))


def _by_word(said: Iterable[Said], now: datetime, *, aside: bool) -> list[InTier]:
    """Where a relay set it aside, and its wait is not over: the queue may not have been read."""
    waits = [(one.wait, one.address) for one in said if one.wait and one.wait[1] >= now]
    if not waits:
        return []
    (tier, until), address = max(waits, key=lambda wait: wait[0][1])
    return [InTier(Waiting(tier, 0, None), until, aside, told_by=address)]


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
    if elsewhere and isinstance(seen.tiers, Unlooked) and seen.tiers.ready != 0:
        ready = "some" if seen.tiers.ready is None else seen.tiers.ready
        yield (
            f"{ready} wait for their next attempt, and it may be among them: they are not looked "
            f"at, since on RabbitMQ {seen.tiers.version} a look makes an order one that was "
            f"perhaps sent"
        )
    if elsewhere and seen.requests:
        yield (
            f"{seen.requests} wait in the requests queue, and it may be among them: they are "
            f"not looked at, since a look makes an order one that was perhaps sent"
        )
    elif seen.requests is None:
        yield "how many wait in the requests queue; it may be among them"
