"""How many messages are in the broker's queues, where it could be asked."""

from collections.abc import Mapping
from dataclasses import dataclass

REQUESTS = "requests"
PARKED = "parked"
UNROUTED = "unrouted"
RETRY_PREFIX = "retry."


@dataclass(frozen=True, slots=True)
class Depth:
    """The ready messages and the consumers of one queue."""

    ready: int
    consumers: int


@dataclass(frozen=True, slots=True)
class Depths:
    """Each queue of the topology by its name without the namespace; None where it is missing."""

    queues: Mapping[str, Depth | None]


@dataclass(frozen=True, slots=True)
class NotAsked:
    """The broker could not be asked, and why."""

    why: str


Queues = Depths | NotAsked
