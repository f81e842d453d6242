"""What every side promises, and whether the broker's queues say that it was kept."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """What a reply in the queue says."""

    request_id: str
    status: str
    persistent: bool


def broken(
    orders: Iterable[str], replies: Sequence[Reply], left: Mapping[str, int]
) -> tuple[str, ...]:
    """Each promise that was not kept: one accepted, persistent reply an order, nothing left."""
    expected, found = set(orders), Counter(reply.request_id for reply in replies)
    counted = {
        "without a reply": len(expected - found.keys()),
        "with more than one reply": sum(number > 1 for number in found.values()),
        "that nobody sent are answered": len(found.keys() - expected),
        "not accepted": sum(reply.status != "accepted" for reply in replies),
        "with a reply that is not persistent": sum(not reply.persistent for reply in replies),
    }
    wrong = [f"{number} orders {what}" for what, number in counted.items() if number]
    return (*wrong, *(f"{number} messages left in {queue}" for queue, number in left.items()))
