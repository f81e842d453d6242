"""The limits on the way: concurrency, the rate budget, and the end of the process."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from service.flow.sending.budget import RateBudget

from service.core.outcome import Lost
from service.flow.sending.gate import Intake
from tests.flow.clock import settle
from tests.flow.fakes import request
from tests.flow.world import World


async def test_no_more_orders_are_in_flight_than_allowed() -> None:
    """The others wait for a permit, in turn."""
    world = World(concurrency=3)
    world.api.pause()
    for number in range(10):
        await world.serve(request(f"o-{number}"))
    assert world.log == ["submit o-0", "submit o-1", "submit o-2"]
    assert world.gate.in_flight == 3
    world.api.resume()
    await settle()
    assert world.log.count("reply accepted") == 10
    assert world.gate.in_flight == 0


async def test_one_slow_order_delays_no_other() -> None:
    """It keeps its permit; the rest go on."""
    world = World(concurrency=2)
    world.api.pause("slow")
    await world.serve(request("slow"))
    for number in range(5):
        await world.serve(request(f"o-{number}"))
    assert world.log.count("reply accepted") == 5
    assert "ack slow" not in world.log
    world.api.resume()
    await settle()
    assert world.log[-1] == "ack slow"


async def test_orders_are_sent_no_faster_than_the_rate() -> None:
    """Evenly spaced, from the first on."""
    world = World(rate_per_second=2.0)
    for number in range(4):
        await world.serve(request(f"o-{number}"))
    counts = []
    for _ in range(4):
        counts.append(len([entry for entry in world.log if entry.startswith("submit")]))
        await world.clock.advance(0.5)
    assert counts == [1, 2, 3, 4]


@given(
    st.floats(min_value=0.1, max_value=1000),
    st.lists(st.floats(min_value=0, max_value=5), min_size=1, max_size=50),
)
def test_slots_are_never_closer_than_the_rate_allows(rate: float, gaps: list[float]) -> None:
    """Whenever they are asked for."""
    budget, now, slots = RateBudget(rate), 0.0, []
    for gap in gaps:
        now += gap
        slots.append(now + budget.take(now))
    spaces = [later - earlier for earlier, later in pairwise(slots)]
    assert all(space >= 1 / rate - 1e-6 for space in spaces)


def test_idling_saves_no_slots_up() -> None:
    """After a quiet hour orders are as far apart as ever."""
    budget = RateBudget(1.0)
    budget.take(0.0)
    assert [budget.take(3600.0) for _ in range(3)] == [0.0, 1.0, 2.0]


def test_a_changed_share_spaces_the_next_slots() -> None:
    """A second replica halves the share."""
    budget = RateBudget(10.0)
    assert budget.take(0.0) == 0.0
    budget.change_rate(1.0)
    assert round(budget.take(0.0), 3) == 0.1
    assert round(budget.take(0.0), 3) == 1.1
    assert budget.rate_per_second == 1.0


def test_without_a_rate_every_slot_is_now() -> None:
    """No budget, no waiting."""
    assert RateBudget(None).take(5.0) == 0.0


async def test_draining_gives_back_what_has_not_begun_and_finishes_what_has() -> None:
    """What waits for a permit goes back to the broker at once."""
    world = World(concurrency=1)
    world.api.pause()
    await world.serve(request("begun"))
    await world.serve(request("waiting"))
    world.gate.drain()
    await settle()
    assert world.log == ["submit begun", "requeue waiting"]
    assert world.gate.intake is Intake.NONE
    await world.serve(request("late"))
    world.api.resume()
    left = await world.relay.finish(within_seconds=10)
    assert left == 0
    assert world.log == [
        "submit begun",
        "requeue waiting",
        "requeue late",
        "reply accepted",
        "ack begun",
    ]


async def test_draining_sends_an_order_that_waits_between_attempts_to_a_queue() -> None:
    """It was sent already: its history must outlive the process."""
    world = World()
    world.api.answer("o-1", Lost("read timed out"))
    await world.serve(request())
    world.gate.drain()
    await settle()
    assert world.log == ["submit o-1", "retry in 1", "ack o-1"]


async def test_what_does_not_finish_in_time_is_cut_off_unacked() -> None:
    """The broker delivers it again, and the API knows its request_id."""
    world = World()
    world.api.pause()
    await world.serve(request())
    assert await world.relay.finish(within_seconds=0) == 1
    assert world.log == ["submit o-1"]
    assert world.gate.in_flight == 0
