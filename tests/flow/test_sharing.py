"""What is done with what the others said, and without them."""

from dataclasses import replace
from math import inf

from service.flow.sending.peers import Peer, Said
from service.flow.sending.sharing import Common, CountedConsumers, common

SAID = Said(id="a", weight=1, seen=0, at=0, life=4)


def test_the_smallest_rates_and_the_longest_wait_are_everybodys() -> None:
    """A wait counts from when it was heard of; who knows nothing says nothing."""
    assert common([]) == common([Peer(SAID, 5)]) == Common(-inf, None, None, circuit=False)
    others = (
        Peer(replace(SAID, ceiling=70, budget=90, not_before_in=3), 5),
        Peer(replace(SAID, ceiling=60, circuit=True), 7),
        Peer(replace(SAID, budget=80, not_before_in=0.5), 7),
    )
    assert common(others) == Common(8, 60, 80, circuit=False)


def test_the_api_is_away_where_all_that_send_say_so() -> None:
    """One that is served shows that it is not; one that sends nothing knows nothing of it."""
    away, idle = Peer(replace(SAID, circuit=True), 5), Peer(replace(SAID, weight=0), 5)
    assert common([away, away, idle]).circuit
    assert not common([away, Peer(SAID, 5)]).circuit
    assert not common([idle]).circuit


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
