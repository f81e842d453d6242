"""What a hostile producer may send: one case is one message, and what may become of it."""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from tests.world.broker.wire import Raw

MARK = b"hm-%06d-"
"""In every hostile message at several places, so that it is known again wherever it ends up."""

GOOD_EVERY = 5


class Fate(Enum):
    """What is seen of a message from the outside: its replies' status, and whether it is parked."""

    ORDERED = "ordered"
    REJECTED = "rejected"
    FAILED = "failed"
    UNKNOWN = "unknown and parked"
    PARKED_TOLD = "parked and told"
    PARKED = "parked"
    REFUSED_BY_BROKER = "refused by the broker"


ORDERED = frozenset({Fate.ORDERED})
REJECTED = frozenset({Fate.REJECTED})
DAMAGED = frozenset({Fate.PARKED_TOLD})
ORDERED_OR_DAMAGED = ORDERED | DAMAGED
REFUSED_BY_BROKER = frozenset({Fate.REFUSED_BY_BROKER})
ANYTHING = frozenset(Fate)


@dataclass(frozen=True, slots=True)
class Case:
    """One message, perhaps sent several times with several bodies, and the fates it may have."""

    family: str
    name: str
    number: int
    properties: Mapping[str, Raw] = field(default_factory=dict)
    headers: bytes | None = None
    bodies: tuple[bytes, ...] = ()
    routing_key: bytes = b"order.request"
    fates: frozenset[Fate] = ORDERED

    @property
    def mark(self) -> bytes:
        """What the message is known by."""
        return MARK % self.number


Family = Callable[[random.Random, int], Case]


def case(
    family: str,
    name: str,
    number: int,
    fates: frozenset[Fate] = ORDERED,
    *,
    properties: Mapping[str, Raw | None] | None = None,
    headers: bytes | None = None,
    bodies: tuple[bytes, ...] = (),
) -> Case:
    """A message that is good but for what is given; a property that is None is left out."""
    mark = MARK % number
    base: dict[str, Raw | None] = {
        "message_id": mark + b"id",
        "correlation_id": mark + b"c",
        "type": mark + b"t",
        "app_id": mark + b"a",
        "delivery_mode": 2,
    }
    wanted = {**base, **(properties or {})}
    kept = {key: value for key, value in wanted.items() if value is not None}
    return Case(family, name, number, kept, headers, bodies or (body(number),), fates=fates)


def of_property(family: str, rows: Sequence[tuple[str, Raw, frozenset[Fate]]]) -> Family:
    """Messages that are good but for one property: its name, its value, what may become of it."""

    def made(chance: random.Random, number: int) -> Case:
        name, value, fates = chance.choice(rows)
        title = f"{name} {value!r:.30}"
        return case(family, title, number, fates, properties={name: value})

    return made


def values(number: int, **changes: object) -> dict[str, object]:
    """The fields of a good order, changed; the link carries the mark."""
    link = f"https://example.com/{(MARK % number).decode()}"
    return {"service": 1_000 + number % 9_000, "link": link, "quantity": 100, **changes}


def body(number: int, **changes: object) -> bytes:
    """A good body, changed."""
    return json.dumps(values(number, **changes)).encode()


def many(families: tuple[Family, ...], count: int, seed: int) -> Iterator[Case]:
    """`count` cases, the families in turn; the same for the same seed."""
    chance = random.Random(seed)
    for number in range(count):
        yield families[number % len(families)](chance, number)
