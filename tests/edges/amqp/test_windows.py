"""What is held bounds what a new consumer may bring."""

from random import Random

import pytest

from service.edges.amqp.windows import Windows


def test_the_first_consumer_brings_all_that_is_wanted() -> None:
    """And there is no room for another one."""
    windows = Windows()
    assert windows.room(8, 8) == 8
    windows.opened(8)
    for _ in range(8):
        windows.brought(0)
    assert windows.room(8, 8) == 0


def test_what_a_cancelled_one_brought_takes_room_until_it_is_settled() -> None:
    """A quarter at a time comes free, and the rest with the last one."""
    windows = Windows()
    windows.opened(8)
    for _ in range(8):
        windows.brought(0)
    windows.cancelled()
    rooms = []
    for _ in range(8):
        rooms.append(windows.room(8, 8))
        windows.opened(rooms[-1])
        assert windows.settled(0)
    assert [*rooms, windows.room(8, 8)] == [0, 0, 2, 0, 2, 0, 2, 0, 2]


def test_what_a_live_one_brought_makes_no_room() -> None:
    """The broker brings the next one by itself."""
    windows = Windows()
    windows.opened(8)
    windows.brought(0)
    assert not windows.settled(0)
    assert windows.room(8, 8) == 0


def test_one_is_wanted_beside_many_that_are_held() -> None:
    """A probe in a hold, also where few were ever wanted; no more than may be held."""
    for held, room in ((4, 1), (7, 1), (8, 0)):
        windows = Windows()
        windows.opened(held)
        for _ in range(held):
            windows.brought(0)
        windows.cancelled()
        assert windows.room(1, 8) == room


def test_where_fewer_are_wanted_those_that_are_held_count() -> None:
    """Else each change would add some, and what is held too much is sent out of order."""
    windows = Windows()
    windows.opened(8)
    for _ in range(8):
        windows.brought(0)
    windows.cancelled()
    assert windows.room(4, 8) == 0


@pytest.mark.parametrize("seed", range(20))
def test_never_more_are_held_than_are_wanted(seed: int) -> None:
    """Whatever comes, is settled or is cancelled, in any order."""
    chance, windows, most = Random(seed), Windows(), 16
    held: list[int] = []
    live: dict[int, int] = {}
    for _ in range(2_000):
        match chance.randrange(4):
            case 0 if held:
                generation = held.pop(chance.randrange(len(held)))
                windows.settled(generation)
                if generation == windows.generation:
                    live[generation] += 1
            case 1 if live.get(windows.generation):
                live[windows.generation] -= 1
                held.append(windows.generation)
                windows.brought(windows.generation)
            case 2:
                room = windows.room(most, most)
                windows.opened(room)
                live[windows.generation] = live.get(windows.generation, 0) + room
            case 3 if chance.random() < 0.1:
                windows.cancelled()
                live.clear()
        assert len(held) + sum(live.values()) <= most
