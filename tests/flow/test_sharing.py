"""What is done with what the others said, and without them."""

from dataclasses import replace

from service.flow.sending.said import Peer, Said
from service.flow.sending.sharing import Common, CountedConsumers, common

SAID = Said(id="a", weight=1, seen=0, at=0, life=4)


def test_the_last_lesson_the_least_budget_and_the_longest_wait_are_everybodys() -> None:
    """A wait counts from when it was heard of; who knows nothing says nothing."""
    assert common([]) == Common()
    assert common([Peer(SAID, 5)]) == Common(busy=1, troubled=False)
    others = (
        Peer(replace(SAID, ceiling=90, lessons=1, budget=90, not_before_in=3, served_ago=1), 5),
        Peer(replace(SAID, ceiling=60, lessons=2, troubled=True, served_ago=4), 7),
        Peer(replace(SAID, ceiling=70, lessons=2), 7),
        Peer(replace(SAID, budget=80, not_before_in=0.5), 7),
    )
    assert common(others) == Common(8, 4, 70, 2, 80, busy=4, troubled=False)


def test_all_are_served_nothing_where_all_that_have_orders_say_so() -> None:
    """One that is served shows that it is not so; one that idles knows nothing of it."""
    troubled, idle = Peer(replace(SAID, troubled=True), 5), Peer(replace(SAID, weight=0.1), 5)
    assert common([troubled, troubled, idle]) == Common(busy=2)
    assert not common([troubled, Peer(SAID, 5)]).troubled
    assert common([idle]) == Common(busy=0)
    assert common([idle]).busy_with == 1


def test_the_lowest_count_of_the_last_four_seconds_divides() -> None:
    """A count of 0 is none, and the last one stays until there is another."""
    counted = CountedConsumers()
    assert (counted.lowest(), counted.share()) == (0, 0)
    for now, consumers in ((0, 0), (1, 2), (3, 6), (5, 5), (5, 0)):
        counted.add(consumers, now)
    assert (counted.lowest(), counted.share()) == (2, 1 / 2)
    counted.add(5, 5.1)
    assert counted.lowest() == 5
    counted.add(0, 100)
    assert counted.lowest() == 5
