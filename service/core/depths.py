"""How full the broker's queues are, as far as they could be read."""

from collections.abc import Mapping
from enum import Enum, auto

from service.core.record import record

REQUESTS = "requests"
PARKED = "parked"
UNROUTED = "unrouted"
RETRY_PREFIX = "retry."


@record(frozen=True, slots=True)
class Depth:
    """The messages that are ready in one queue, and who consumes from it."""

    ready: int
    consumers: int


@record(frozen=True, slots=True)
class Depths:
    """Each queue of the topology by its name without the namespace; None where it is missing.

    `version` is RabbitMQ's.
    """

    queues: Mapping[str, Depth | None]
    version: str = "unknown"


@record(frozen=True, slots=True)
class Unreadable:
    """The depths could not be read, and why."""

    why: str


Queues = Depths | Unreadable


class Left(Enum):
    """What is left of a queue that somebody consumes with `ours` consumers to hold all of it."""

    NONE = auto()
    SOME = auto()
    OTHERS_TAKE = auto()
    UNTOLD = auto()


def left(ready: int, consumers: int, ours: int) -> Left:
    """What the broker's answer says. Where the queue's leader is slow (250 ms), it says 0 and 0."""
    if not consumers:
        return Left.UNTOLD
    if consumers > ours:
        return Left.OTHERS_TAKE
    return Left.SOME if ready else Left.NONE
