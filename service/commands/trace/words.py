"""What a trace says: a sentence for each place, and for what happens next. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from service.commands.top.words import NOTHING, count, duration, shown
from service.commands.trace.places import (
    Answered,
    End,
    InHand,
    InParked,
    InTier,
    InUnrouted,
    Nowhere,
    Place,
    Trace,
)
from service.core.times import to_rfc3339
from service.flow.held_orders import Stage

LONGEST = 400
LONGEST_ID = 128
_ROW = "{:<10} {}"


def lines(message_id: str, trace: Trace, namespace: str, now: datetime) -> Iterator[str]:
    """For people: the place that decides first, then what else there is."""
    yield shown(message_id, LONGEST_ID)
    for place in trace.places:
        yield _ROW.format("where", shown(where(place, namespace, now), LONGEST))
        yield _ROW.format("next", what_next(place))
    for end in trace.ends:
        yield _ROW.format("ended", shown(ended(end, now), LONGEST))
    for text in trace.not_known:
        yield _ROW.format("not known", shown(text, LONGEST))


def as_json(message_id: str, trace: Trace, namespace: str, now: datetime) -> dict[str, object]:
    """For programs: the same, and times as times."""
    return {
        "message_id": message_id,
        "found": trace.found,
        "where": [
            {
                "place": name(place),
                **{key: _told(value) for key, value in _times(place).items()},
                "text": where(place, namespace, now),
                "next": what_next(place),
            }
            for place in trace.places
        ],
        "ends": [
            {
                "status": end.status,
                "code": end.code,
                "order": end.order,
                "answered_at": _told(end.at),
                "told_by": end.told_by,
            }
            for end in trace.ends
        ],
        "not_known": list(trace.not_known),
    }


def name(place: Place) -> str:
    """One word for each place; programs read it."""
    match place:
        case InHand():
            return str(place.stand.stage)
        case InTier():
            return "set_aside" if place.aside else "retry_tier"
        case InParked():
            return "parked"
        case InUnrouted():
            return "unrouted"
        case Answered():
            return "answered"
        case Nowhere():
            return "nowhere"
        case _ as never:  # pragma: no cover
            assert_never(never)


def where(place: Place, namespace: str, now: datetime) -> str:
    """Where it is, since when and until when."""
    match place:
        case InHand():
            return _in_hand(place, now)
        case InTier():
            waiting = place.waiting
            queue = f"{namespace}.retry.{waiting.tier_seconds}"
            last = f"{waiting.attempts} attempts, the last {waiting.last_outcome or NOTHING}"
            until = _until(place.until, now) or f"for {duration(waiting.tier_seconds)} at most"
            if place.told_by is not None:
                last = f"so says the relay at {place.told_by}"
            if place.aside:
                return f"another message with its id is set aside in {queue}, {until}"
            return f"waits in {queue}, {until} ({last})"
        case InParked(parked):
            since = "" if parked.parked_at is None else f" {_age(parked.parked_at, now)} ago"
            why = parked.reason.removesuffix(f"; {parked.standing}")
            return f"parked{since}: {parked.code or NOTHING}: {why}; {parked.standing}"
        case InUnrouted(reply, order):
            said = f"{reply.status or NOTHING}{f', order {order}' if order else ''}"
            since = "" if reply.answered_at is None else f" since {_age(reply.answered_at, now)}"
            return (
                f"its reply ({said}) waits in {namespace}.unrouted{since}: "
                f"nobody was bound for {reply.routing_key}"
            )
        case Answered(end):
            return f"answered: {ended(end, now)}"
        case Nowhere():
            return _nowhere(place, namespace)
        case _ as never:  # pragma: no cover
            assert_never(never)


def what_next(place: Place) -> str:
    """What happens to it then, and by whom."""
    match place:
        case InHand():
            return _NEXT[place.stand.stage]
        case InTier(aside=True):
            return "it is answered as the other one is"
        case InTier():
            return "back to the requests queue, and to a relay"
        # By the handle, which is safe to paste whatever the message id is.
        case InParked(parked):
            return f"a person ends it: order-relay parked show {parked.handle}"
        case InUnrouted(reply):
            return f"bind a queue for it, then: order-relay unrouted deliver {reply.handle}"
        case Answered():
            return "nothing: the broker has confirmed its reply"
        case Nowhere(requests=0, complete=True):
            return (
                "ask its producer whether the broker confirmed it and did not return it; "
                "the log has the ends that the relays have forgotten"
            )
        case Nowhere(requests=0 | None):
            return "ask for what is not known"
        case Nowhere():
            return "ask again when those that wait are fewer; the log has ends of long ago"
        case _ as never:  # pragma: no cover
            assert_never(never)


def ended(end: End, now: datetime) -> str:
    """One end."""
    code = f", {end.code}" if end.code else ""
    order = f", order {end.order}" if end.order else ""
    ago = "" if end.at is None else f", {_age(end.at, now)} ago"
    return f"{end.status}{code}{order}{ago} (told by {end.told_by})"


_NEXT = {
    Stage.SAME_ID: "it is answered as the one before it is, or waits in a tier",
    Stage.IN_LINE: "it is sent when its turn comes",
    Stage.AT_THE_API: "the API's answer decides",
    Stage.WAITING: "it is sent again",
    Stage.PUBLISHING: "the broker confirms it, and the relay acks",
}


_INCOMPLETE = "nowhere that could be asked"


def _in_hand(place: InHand, now: datetime) -> str:
    stand, relay = place.stand, f"the relay at {place.relay}"
    since = f", since {_age(stand.since, now)}"
    match stand.stage:
        case Stage.SAME_ID:
            return f"behind another message with its id, in {relay}{since}"
        case Stage.IN_LINE:
            why = f"; {'; '.join(place.reasons)}" if place.reasons else ""
            return f"in the line of {relay}{since}{why}"
        case Stage.AT_THE_API:
            return f"at the API, sent by {relay}{since}"
        case Stage.WAITING:
            return f"waits in {relay} {_until(stand.until, now) or 'for its next attempt'}"
        case Stage.PUBLISHING:
            why = f"; {'; '.join(place.reasons)}" if place.reasons else ""
            return f"{relay} publishes what became of it{since}{why}"
        case _ as never:  # pragma: no cover
            assert_never(never)


def _nowhere(place: Nowhere, namespace: str) -> str:
    if place.requests:
        others = count(place.requests)
        elsewhere = "nowhere else" if place.complete else "nowhere else that could be asked"
        return f"perhaps among the {others} that wait in {namespace}.requests; {elsewhere}"
    if place.requests is None:
        return f"perhaps in {namespace}.requests; nowhere else that could be looked at"
    return "nowhere: no relay has it, and no queue" if place.complete else _INCOMPLETE


def _until(until: datetime | None, now: datetime) -> str | None:
    if until is None:
        return None
    return f"until {to_rfc3339(until)[:19]}Z, {_age(now, until)} more"


def _age(moment: datetime, now: datetime) -> str:
    return duration(max(0.0, (now - moment).total_seconds()))


def _times(place: Place) -> dict[str, datetime | None]:
    match place:
        case InHand():
            return {"since": place.stand.since, "until": place.stand.until}
        case InTier():
            return {"since": None, "until": place.until}
        case InParked(parked):
            return {"since": parked.parked_at, "until": None}
        case InUnrouted(reply):
            return {"since": reply.answered_at, "until": None}
        case Answered(end):
            return {"since": end.at, "until": None}
        case Nowhere():
            return {"since": None, "until": None}
        case _ as never:  # pragma: no cover
            assert_never(never)


def _told(moment: datetime | None) -> str | None:
    return None if moment is None else to_rfc3339(moment)
