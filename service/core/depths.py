"""How full the broker's queues are, as far as they could be read."""

from collections.abc import Mapping

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
