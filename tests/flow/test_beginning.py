"""How many deliveries a process takes in that may be the next of a row that crash."""

from collections import Counter, deque
from dataclasses import replace
from math import inf

import pytest

from service.core.message import Received
from service.flow.sending.beginning import DOUBLED_SECONDS, Beginning
from tests.flow.circulating import Circulating
from tests.flow.fakes import request


@pytest.mark.parametrize(
    ("arrivals", "after", "most", "next_change"),
    [
        ((), 100.0, 1, inf),
        ((False,), 0.0, inf, inf),
        ((False, True), 0.0, inf, inf),
        ((True,), 0.0, 1, 2.0),
        ((True, False), 0.0, 1, 2.0),
        ((True,), 1.5, 1, 0.5),
        ((True,), 2.0, 2, 2.0),
        ((True,), 14.5, 128, 1.5),
        ((True,), 31.0, 32_768, 1.0),
        ((True,), 32.0, inf, inf),
    ],
)
def test_one_and_then_twice_as_many_after_each_while(
    arrivals: tuple[bool, ...], after: float, most: float, next_change: float
) -> None:
    """Where the first one was delivered before; without a bound where it is new."""
    beginning = Beginning()
    for number, redelivered in enumerate(arrivals):
        assert beginning.decides(7.0, redelivered=redelivered) == (number == 0)
    assert beginning.most(7.0 + after) == most
    assert beginning.next_change(7.0 + after) == next_change


def test_without_care_there_is_no_bound() -> None:
    """Whatever arrives."""
    beginning = Beginning(over=True)
    assert not beginning.decides(0.0, redelivered=True)
    assert (beginning.most(0.0), beginning.next_change(0.0)) == (inf, inf)


async def test_a_message_that_kills_its_process_takes_no_neighbour_along() -> None:
    """Ten processes die of it; who was held beside it was delivered twice at most.

    Before: as often as it, up to the limit, and then it was dead-lettered without a reply.
    """
    queue = deque(Received(request(f"o-{number}"), "orders") for number in range(300))
    delivered = Counter[str | None]()
    for _ in range(10):
        world = Circulating(careful=True, queue=queue)
        world.api.pause()
        await world.run(0.9 * DOUBLED_SECONDS)
        delivered.update(each.message.message_id for each in world.held)
        queue.extendleft(replace(each, redelivered=True) for each in reversed(world.held))
        await world.relay.finish(0)
    poison, *others = (delivered[f"o-{number}"] for number in range(300))
    assert (poison, max(others)) == (10, 1)


async def test_an_order_that_was_delivered_before_holds_nobody_up() -> None:
    """However long it takes: the process lives, and takes in more and more."""
    world = Circulating(careful=True)
    world.api.pause("slow")
    world.send(request("slow"), redelivered=True)
    for number in range(100):
        world.send(request(f"o-{number}"))
    await world.run(3 * DOUBLED_SECONDS)
    assert len(world.statuses()) == 100
