"""The gate while orders wait at it: for a permit, for a slot, for the end of a hold."""

import asyncio
from datetime import timedelta

import pytest

from service.core.outcome import Answered, Suspected
from service.core.request import DEADLINE
from service.flow.sending.account import Attempt
from service.flow.sending.line import Turn, TurnedAway
from tests.flow.clock import EPOCH, settle
from tests.flow.fakes import request
from tests.flow.held import UNAUTHORIZED
from tests.flow.world import World


async def enter(world: World) -> Attempt | TurnedAway:
    """Wait at the gate, as an order without a deadline."""
    return await world.gate.enter(Turn(world.clock.monotonic()))


async def cut_off(waiting: asyncio.Task[Attempt | TurnedAway]) -> None:
    """Cancel who waits at the gate."""
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_an_order_that_waits_for_a_permit_is_held_by_what_begins_meanwhile() -> None:
    """The permit comes from the very order that found out that the key is wrong."""
    world = World(concurrency=1)
    world.api.pause()
    for number in range(5):
        world.api.answer(f"o-{number}", UNAUTHORIZED)
        await world.serve(request(f"o-{number}"))
    world.api.resume()
    await settle()
    assert [entry for entry in world.log if entry.startswith("submit")] == [
        "submit o-0",
        "submit o-1",
        "submit o-2",
    ]


async def test_an_order_that_waits_for_its_slot_is_held_by_what_begins_meanwhile() -> None:
    """The API has asked to wait: the slot that was promised before does not count."""
    world = World(rate_per_second=1.0)
    world.api.answer("first", Answered(429, b"", retry_after="30"))
    world.api.pause()
    await world.serve(request("first"))
    await world.serve(request("second"))
    world.api.resume()
    await world.clock.advance(2)
    assert [entry for entry in world.log if entry.startswith("submit")] == ["submit first"]


async def test_a_process_that_was_stopped_hears_first() -> None:
    """The broker gave its orders to another, and its word for that is not read yet."""
    world = World(rate_per_second=1.0)
    await world.serve(request("first"))
    delivery = await world.serve(request("another's"))
    await world.clock.advance(0.5)
    world.clock.stop(60)
    await world.clock.advance(0.05)
    await world.serve(request("fresh"))
    await world.clock.advance(0.04)
    assert [entry for entry in world.log if entry.startswith("submit")] == ["submit first"]
    delivery.alive = False
    await world.clock.advance(1)
    sent = [entry for entry in world.log if entry.startswith("submit")]
    assert sent == ["submit first", "submit fresh"]


async def test_an_order_past_its_deadline_does_not_wait_at_the_gate() -> None:
    """Its producer hears of it at once, although every permit is taken."""
    world = World(concurrency=1)
    world.api.pause()
    await world.serve(request("first"))
    await world.serve(request("late", headers={DEADLINE: EPOCH - timedelta(seconds=1)}))
    assert world.log == ["submit first", "reply failed deadline_passed", "ack late"]


async def test_another_order_is_asked_and_then_one_at_a_time() -> None:
    """An order that is refused like that waits for what others meet."""
    world = World()
    for number in range(5):
        world.api.answer(f"o-{number}", *[UNAUTHORIZED] * 2)
        await world.serve(request(f"o-{number}"))
    assert world.log[:3] == ["submit o-0", "submit o-1", "submit o-2"]
    assert "submit o-3" not in world.log
    await world.clock.advance(1.1)
    assert world.log.count("submit o-3") == 1
    assert "submit o-4" not in world.log


async def test_those_that_arrived_first_are_sent_first() -> None:
    """Also after they had to wait for another reason."""
    world = World(concurrency=1)
    world.api.answer("o-0", Answered(429, b"", retry_after="1"))
    for number in range(5):
        await world.serve(request(f"o-{number}"))
    await world.clock.advance(2)
    submits = [entry for entry in world.log if entry.startswith("submit")]
    assert submits == ["submit o-0", *(f"submit o-{number}" for number in range(5))]


async def test_a_slot_is_taken_when_an_order_is_sent() -> None:
    """Those who wait hold none: a probe after an outage is not behind slots of before."""
    world = World(rate_per_second=1.0)
    world.gate.hold_publisher("down")
    for number in range(60):
        await world.serve(request(f"o-{number}"))
    await world.clock.advance(12)
    world.gate.lift_publisher()
    await settle()
    assert world.log == ["submit o-0", "reply accepted", "ack o-0"]


async def test_draining_ends_the_wait_for_a_slot() -> None:
    """However low the rate, the process ends in time."""
    world = World(rate_per_second=0.01)
    await world.serve(request("first"))
    await world.serve(request("second"))
    world.gate.drain()
    await settle()
    assert world.log == ["submit first", "reply accepted", "ack first", "requeue second"]


async def test_who_is_cut_off_in_the_line_leaves_it() -> None:
    """Else the process would send less and less."""
    world = World(concurrency=2, rate_per_second=0.01)
    await world.serve(request("first"))
    for _ in range(3):
        waiting = asyncio.create_task(enter(world))
        await settle()
        await cut_off(waiting)
    last = asyncio.create_task(enter(world))
    await world.clock.advance(1000)
    assert last.done()
    assert last.result() == Attempt(2)


async def test_who_is_cut_off_at_its_turn_leaves_its_permit_behind() -> None:
    """The permit was given, and the order had no time to take it."""
    world = World(concurrency=1)
    first = await enter(world)
    assert isinstance(first, Attempt)
    second = asyncio.create_task(enter(world))
    await settle()
    world.gate.leave(first)
    await cut_off(second)
    assert world.gate.in_flight == 0


async def test_a_probe_that_is_cut_off_is_followed_by_another() -> None:
    """Else nobody would find out that the API works again."""
    world = World()
    turn = Turn(0.0)
    first = await world.gate.enter(turn)
    assert isinstance(first, Attempt)
    world.gate.report(turn, first, Suspected(401, "wrong key"))
    world.gate.leave(first)
    assert isinstance(await enter(world), Attempt)
    other = asyncio.create_task(enter(world))
    await world.clock.advance(3)
    assert other.done()
    assert other.result() == Attempt(3, probe=True)
