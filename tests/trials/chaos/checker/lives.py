"""A history sorted by request_id, once, so that every invariant is one pass over the orders."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Protocol, TypeVar

from tests.trials.chaos.history import Booked, Called, Found, History, Sent, Told


class Kind(StrEnum):
    """Which invariant does not hold."""

    LOST = "lost"
    DOUBLED = "doubled"
    TWO_FORMS = "two forms"
    CONTRADICTORY = "contradictory"
    LATE = "late"
    NOT_QUIET = "not quiet"
    INVENTED = "invented"
    UNPARKED = "unparked"
    WEAKENED = "weakened"
    TWINS = "twins"

    @property
    def fails(self) -> bool:
        """Whether one of it makes the run a failure; the others are counted and told."""
        return self not in {Kind.WEAKENED, Kind.TWINS}


@dataclass(frozen=True, slots=True)
class Violation:
    """One finding; `request_id` is None where it concerns the whole run.

    `sentence` says what happened, with times in seconds since the run's first event.
    """

    kind: Kind
    request_id: str | None
    sentence: str


class Place(StrEnum):
    """Where a message can lie; only in the first three is an order still safe."""

    REQUESTS = "requests"
    RETRY = "retry"
    PARKED = "parked"
    ELSEWHERE = "elsewhere"

    @property
    def keeps(self) -> bool:
        """Whether an order that lies there will be seen to, by the relay or by a person."""
        return self is not Place.ELSEWHERE

    @property
    def must_empty(self) -> bool:
        """Whether a relay that works leaves nothing there."""
        return self in {Place.REQUESTS, Place.RETRY}


def place_of(queue: str) -> Place:
    """The place that a queue such as `orders.retry.30` is."""
    match queue.split("."):
        case [_, *_, "requests"]:
            return Place.REQUESTS
        case [_, *_, "parked"]:
            return Place.PARKED
        case [_, *_, "retry", seconds] if seconds.isdecimal():
            return Place.RETRY
        case _:
            return Place.ELSEWHERE


class _Named(Protocol):
    @property
    def request_id(self) -> str: ...


_E = TypeVar("_E", bound=_Named)


@dataclass(frozen=True, slots=True)
class Life:
    """All that the outside saw of one request_id."""

    request_id: str
    sent: Sequence[Sent]
    told: Sequence[Told]
    found: Sequence[Found]
    called: Sequence[Called]
    booked: Sequence[Booked]

    @property
    def confirmed(self) -> bool:
        """Whether the broker took the order over at least once."""
        return any(each.confirmed_at is not None for each in self.sent)

    @property
    def several(self) -> bool:
        """Whether the producer published it more than once; each copy has a fate of its own."""
        return len(self.sent) > 1

    @property
    def bodies(self) -> int:
        """How many different orders were published under this one id."""
        return len({each.body for each in self.sent})

    @property
    def booked_orders(self) -> int:
        """How many orders the ledger has for it."""
        return sum(each.orders for each in self.booked)

    @property
    def orders(self) -> int:
        """How many orders exist, by the ledger or by the calls, whichever knows of more."""
        return max(self.booked_orders, sum(each.order_placed for each in self.called))

    @property
    def order(self) -> str | None:
        """The id of its first order, by the ledger."""
        return next((each.order for each in self.booked if each.order is not None), None)

    def lies_in(self, place: Place) -> bool:
        """Whether a message of it lay there at the end."""
        return any(place_of(each.queue) is place for each in self.found)

    @property
    def kept(self) -> bool:
        """Whether a message of it lay, at the end, where it will be seen to."""
        return any(place_of(each.queue).keeps for each in self.found)


@dataclass(frozen=True, slots=True)
class Run:
    """A history, with the life of every request_id in it."""

    history: History
    lives: Mapping[str, Life]
    began_at: float

    @property
    def orders(self) -> Iterator[Life]:
        """The lives of the request_ids that a producer published."""
        return (life for life in self.lives.values() if life.sent)

    def at(self, moment: float) -> str:
        """The moment in seconds since the run's first event, for a sentence."""
        return f"{moment - self.began_at:+.3f} s"


def index(history: History) -> Run:
    """The history, sorted by request_id."""
    sent, told, found = _by_id(history.sent), _by_id(history.told), _by_id(history.found)
    called, booked = _by_id(history.called), _by_id(history.booked)
    # A dict and not a set: findings come in the order in which the orders were published.
    ids = dict.fromkeys(chain(sent, told, found, called, booked))
    lives = {
        each: Life(each, sent[each], told[each], found[each], called[each], booked[each])
        for each in ids
    }
    return Run(history, lives, _began_at(history))


def _by_id(events: Iterable[_E]) -> defaultdict[str, list[_E]]:
    sorted_out: defaultdict[str, list[_E]] = defaultdict(list)
    for event in events:
        sorted_out[event.request_id].append(event)
    return sorted_out


def _began_at(history: History) -> float:
    moments = chain(
        (each.began_at for each in history.sent),
        (each.began_at for each in history.inflicted),
        (each.arrived_at for each in history.called),
        (each.arrived_at for each in history.told),
    )
    return min(moments, default=history.ending.faults_ended_at)
