"""The gate while orders wait at it: for a permit, for a slot, for the end of a hold."""

import asyncio
from datetime import timedelta
from math import inf

import pytest

from service.core.outcome import Answered, Misconfigured
from service.core.request import DEADLINE
from service.flow.sending.gate import Entered, TurnedAway
from tests.flow.clock import EPOCH, settle
from tests.flow.fakes import request
from tests.flow.test_holds import UNAUTHORIZED
from tests.flow.world import World


async def enter(world: World) -> Entered | TurnedAway:
    """Wait at the gate, as an order without a deadline."""
    return await world.gate.enter(arrived_at=world.clock.monotonic(), leave_by=inf)


async def cut_off(waiting: asyncio.Task[Entered | TurnedAway]) -> None:
    """Cancel who waits at the gate."""
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_an_order_that_waits_for_a_permit_is_held_by_what_begins_meanwhile() -> None:
    """The permit comes from the very order that found out that the key is wrong."""
    world = World(concurrency=1)
    world.api.answer("first", UNAUTHORIZED)
    world.api.pause()
    await world.serve(request("first"))
    await world.serve(request("second"))
    world.api.resume()
    await settle()
    assert world.log == ["submit first"]


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


async def test_an_order_past_its_deadline_does_not_wait_at_the_gate() -> None:
    """Its producer hears of it at once, although every permit is taken."""
    world = World(concurrency=1)
    world.api.pause()
    await world.serve(request("first"))
    await world.serve(request("late", headers={DEADLINE: EPOCH - timedelta(seconds=1)}))
    assert world.log == ["submit first", "reply failed deadline_passed", "ack late"]


async def test_one_order_at_a_time_goes_ahead_to_find_out() -> None:
    """As long as it is on its way, no other does."""
    world = World()
    world.api.answer("o-1", UNAUTHORIZED)
    for message_id in ("o-1", "o-2", "o-3"):
        await world.serve(request(message_id))
    world.api.pause()
    await world.clock.advance(60)
    assert len(world.log) == 2
    world.api.resume()
    await settle()
    assert world.log.count("reply accepted") == 3


async def test_draining_ends_the_wait_for_a_slot() -> None:
    """However low the rate, the process ends in time."""
    world = World(rate_per_second=0.01)
    await world.serve(request("first"))
    await world.serve(request("second"))
    world.gate.drain()
    await settle()
    assert world.log == ["submit first", "reply accepted", "ack first", "requeue second"]


async def test_who_is_cut_off_at_its_slot_leaves_its_permit_behind() -> None:
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
    assert last.result() == Entered(probe=False)


async def test_a_probe_that_is_cut_off_leaves_its_turn_to_another() -> None:
    """Else nobody would find out that the API works again."""
    world = World(rate_per_second=0.01)
    first = await enter(world)
    assert isinstance(first, Entered)
    world.gate.report(first, Misconfigured(401, "wrong key"), None)
    world.gate.leave(first)
    probe = asyncio.create_task(enter(world))
    await world.clock.advance(1)
    other = asyncio.create_task(enter(world))
    await settle()
    await cut_off(probe)
    await world.clock.advance(250)
    assert other.done()
    assert other.result() == Entered(probe=True)
