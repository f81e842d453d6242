"""Deliveries with one message id: never two at a time, never two answers."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.history import ATTEMPTS, RETRIES
from service.core.message import PublicationKind
from service.flow.keyed_lock import KeyedLock
from service.flow.same_id import MOST_WAITING, WAIT_SECONDS, SameId, may_wait
from tests.flow.circulating import Circulating
from tests.flow.clock import FakeClock, settle
from tests.flow.fakes import OTHER_BODY, request
from tests.flow.world import World

pytestmark = pytest.mark.usefixtures("uncovered")


async def test_the_second_of_two_waits_and_repeats_the_answer() -> None:
    """The API is asked once; both producers' copies get the same answer."""
    world = World()
    world.api.pause()
    await world.serve(request())
    await world.serve(request(reply_to="again"))
    assert world.log == ["submit o-1"]
    world.api.resume()
    await settle()
    assert world.log == ["submit o-1", "reply accepted", "ack o-1", "reply accepted", "ack o-1"]
    first, second = world.broker.replies()
    assert first["order"] == second["order"]
    assert world.broker.published[1].routing_key == "again"


async def test_another_body_under_the_same_id_is_a_conflict() -> None:
    """It is rejected without a call, while the first is in flight and after it is done."""
    world = World()
    world.api.pause()
    await world.serve(request())
    await world.serve(request(body=OTHER_BODY))
    world.api.resume()
    await settle()
    await world.serve(request(body=OTHER_BODY))
    conflict = ["reply rejected message_id_conflict", "ack o-1"]
    assert world.log == ["submit o-1", "reply accepted", "ack o-1", *conflict, *conflict]


@given(st.lists(st.sampled_from("abc"), max_size=30))
def test_a_key_has_one_holder_at_a_time_and_leaves_nothing_behind(keys: list[str]) -> None:
    """Whatever the keys, nobody holds one that another holds."""

    async def scenario() -> None:
        lock, held = KeyedLock(), set[str]()

        async def hold(key: str) -> None:
            async with lock.hold(key):
                assert key not in held
                held.add(key)
                await asyncio.sleep(0)
                held.remove(key)

        await asyncio.gather(*map(hold, keys))
        assert len(lock) == 0

    asyncio.run(scenario())


async def test_who_gives_up_waiting_passes_the_key_on() -> None:
    """Before it comes to its turn, and in the moment in which it does."""
    lock, log = KeyedLock(), list[str]()

    async def hold(name: str) -> None:
        async with lock.hold("k"):
            log.append(name)

    async with lock.hold("k"):
        waiting = [asyncio.create_task(hold(name)) for name in "abc"]
        await asyncio.sleep(0)
        waiting[0].cancel()
    waiting[1].cancel()
    await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 10)
    assert (log, len(lock)) == (["c"], 0)


@pytest.mark.parametrize(
    ("same_id", "all_ids", "prefetch", "waits"),
    [
        *((0, 0, 128, True), (1, 1, 128, True), (2, 2, 128, False)),
        *((0, 31, 128, True), (0, 32, 128, False), (0, 1, 8, True), (0, 2, 8, False)),
        *((0, 0, 4, True), (0, 0, 3, False), (0, 0, 1, False), (0, 0, 0, False)),
    ],
)
def test_a_few_may_wait_for_one_in_flight(
    same_id: int, all_ids: int, prefetch: int, waits: object
) -> None:
    """Of one id, and a quarter of what is taken in of all ids together."""
    assert may_wait(same_id, all_ids, prefetch) == waits


async def test_copies_of_what_hangs_leave_the_intake_to_others() -> None:
    """150 of them, and more than the prefetch; each is answered in the end, by one call.

    Before: they filled the prefetch, and no other order was taken in.
    """
    world = Circulating()
    world.api.pause("bad")
    for _ in range(150):
        world.send(request("bad"))
    for number in range(5):
        world.send(request(f"good-{number}"))
    await world.run(2)
    assert world.statuses() == {f"good-{number}": "accepted" for number in range(5)}
    await world.run(5)
    world.api.resume()
    await world.run(8)
    answers = [reply for reply in world.broker.replies() if reply["request_id"] == "bad"]
    assert [reply["status"] for reply in answers] == ["accepted"] * 150
    assert world.submits("bad") == ["submit bad"]


async def test_a_copy_that_waits_elsewhere_has_nothing_counted_against_it() -> None:
    """It was no attempt, and no wait of its own."""
    world = World()
    world.api.pause()
    for _ in range(2 + MOST_WAITING):
        await world.serve(request())
    assert world.log == ["submit o-1", "retry in 1", "ack o-1"]
    (copy,) = world.broker.published
    assert copy.kind is PublicationKind.RETRY
    assert (copy.message.headers[ATTEMPTS], copy.message.headers[RETRIES]) == (0, 0)
    await world.clock.advance(WAIT_SECONDS)
    assert world.log[3:] == ["retry in 5", "ack o-1"] * MOST_WAITING


async def test_a_copy_is_given_back_when_the_process_ends() -> None:
    """It has not begun."""
    world = World()
    world.api.pause()
    await world.serve(request())
    world.gate.drain()
    await world.serve(request())
    assert world.log == ["submit o-1", "requeue o-1"]


async def test_a_copy_that_is_cut_off_leaves_its_turn_to_the_next() -> None:
    """Whether it still waits or has just been given the turn."""
    clock = FakeClock()
    same_id, had = SameId(clock), list[str]()

    async def take(name: str) -> None:
        mine = await same_id.enter("o-1", lambda: 128)
        try:
            had.append(f"{name} {mine}")
            await clock.wait(asyncio.Event(), 1)
        finally:
            if mine:
                same_id.leave("o-1")

    first, second, third = (asyncio.create_task(take(name)) for name in "abc")
    await settle()
    second.cancel()
    await settle()
    fourth = asyncio.create_task(take("d"))
    await settle()
    first.cancel()
    third.cancel()
    await clock.advance(1)
    await asyncio.gather(first, second, third, fourth, return_exceptions=True)
    assert had == ["a True", "d True"]
    assert len(same_id) == 0
