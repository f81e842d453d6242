"""Which queue of the topology a message lies in, by the queue's name under any namespace."""

from enum import StrEnum


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
