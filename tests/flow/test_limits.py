"""The limits on the way: concurrency, the rate budget, and the end of the process."""

from service.core.outcome import Lost
from tests.flow.clock import settle
from tests.flow.fakes import request
from tests.flow.world import World


async def test_no_more_orders_are_in_flight_than_allowed() -> None:
    """The others wait for a permit, in turn."""
    world = World(concurrency=3)
    world.api.pause()
    for number in range(10):
        await world.serve(request(f"o-{number}"))
    # At first two; and one more after a second without an answer.
    await world.clock.advance(1)
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
        await world.clock.advance(0.51)
    assert counts == [1, 2, 3, 4]


async def test_draining_gives_back_what_has_not_begun_and_finishes_what_has() -> None:
    """What waits for a permit goes back to the broker at once."""
    world = World(concurrency=1)
    world.api.pause()
    await world.serve(request("begun"))
    await world.serve(request("waiting"))
    world.gate.drain()
    await settle()
    assert world.log == ["submit begun", "requeue waiting"]
    assert world.gate.intake == 0
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
