"""Holding: when no new order is sent, who goes ahead to find out, and what it costs nobody."""

from itertools import pairwise

from service.core.outcome import Answered, NotSent
from service.flow.events.labels import HoldReason
from service.flow.events.process import HoldChanged
from service.flow.sending.gate import PATIENCE_SECONDS, Intake
from service.flow.sending.holds import FAILURES_UNTIL_OPEN, LONGEST_PAUSE_SECONDS
from tests.flow.clock import settle
from tests.flow.fakes import placed, refusal, request
from tests.flow.world import World

UNAUTHORIZED = Answered(401, b'{"error": "unauthorized"}')
UNREACHED = NotSent("connection refused")


def intake(world: World) -> Intake:
    """What is wanted now."""
    return world.gate.intake


def holds(world: World) -> list[tuple[HoldReason, bool]]:
    """Which holds began and ended."""
    return [(e.reason, e.held) for e in world.events if isinstance(e, HoldChanged)]


async def test_a_wrong_key_holds_every_order_and_answers_none() -> None:
    """One order probes; the others wait unsent; nothing is published for it."""
    world = World()
    world.api.answer("o-1", *[UNAUTHORIZED] * 100)
    world.api.answer("o-2", *[UNAUTHORIZED] * 100)
    await world.serve(request("o-1"))
    await world.serve(request("o-2"))
    assert world.log == ["submit o-1"]
    assert holds(world) == [(HoldReason.CREDENTIALS, True)]
    assert intake(world) is Intake.NONE
    await world.clock.advance(60)
    assert not world.broker.published
    assert set(world.log) <= {"submit o-1", "submit o-2"}


async def test_probes_come_with_growing_pauses() -> None:
    """1, 2, 4, ... seconds, jittered, up to the longest."""
    world = World()
    world.api.answer("o-1", *[UNAUTHORIZED] * 100)
    await world.serve(request())
    counts = []
    for _ in range(6):
        await world.clock.advance(LONGEST_PAUSE_SECONDS)
        counts.append(world.log.count("submit o-1"))
    steps = [later - earlier for earlier, later in pairwise(counts)]
    assert counts[0] <= 7
    assert all(step <= 2 for step in steps)
    assert steps[-1] >= 1


async def test_all_orders_are_served_once_the_key_works() -> None:
    """The probe's success lifts the hold; nothing was lost or counted."""
    world = World()
    world.api.answer("o-1", UNAUTHORIZED, UNAUTHORIZED, placed())
    await world.serve(request("o-1"))
    await world.serve(request("o-2"))
    await world.clock.advance(10)
    assert holds(world) == [(HoldReason.CREDENTIALS, True), (HoldReason.CREDENTIALS, False)]
    assert world.log.count("reply accepted") == 2
    assert {reply["attempts"] for reply in world.broker.replies()} == {1}
    assert intake(world) is Intake.FULL


async def test_an_answer_to_an_earlier_request_does_not_lift_the_hold() -> None:
    """What was sent before the key went bad says nothing about the key now."""
    world = World()
    world.api.pause()
    world.api.answer("o-1", UNAUTHORIZED, UNAUTHORIZED)
    await world.serve(request("o-1"))
    await world.serve(request("o-2"))
    world.api.resume()
    await settle()
    assert "reply accepted" in world.log
    assert holds(world) == [(HoldReason.CREDENTIALS, True)]


async def test_a_long_hold_lets_orders_wait_in_a_queue_with_their_history() -> None:
    """No order stays unacked until the broker would take it back; none is answered."""
    world = World()
    world.api.answer("o-1", *[UNAUTHORIZED] * 200)
    await world.serve(request("o-1"))
    await world.serve(request("o-2"))
    await world.clock.advance(PATIENCE_SECONDS + 60)
    assert world.log.count("retry in 1") == 2
    assert not world.broker.replies()
    assert intake(world) is Intake.ONE


async def test_with_nobody_there_to_probe_one_delivery_is_wanted() -> None:
    """And no more as soon as it is there."""
    world = World()
    world.api.answer("o-1", *[UNAUTHORIZED] * 200)
    await world.serve(request("o-1"))
    await world.clock.advance(PATIENCE_SECONDS + 60)
    assert intake(world) is Intake.ONE
    world.api.answer("o-3", UNAUTHORIZED)
    await world.serve(request("o-3"))
    assert intake(world) is Intake.NONE


async def test_a_held_order_is_told_when_its_deadline_passes() -> None:
    """Its producer does not wait for the key to be mended."""
    world = World()
    world.api.answer("o-1", *[UNAUTHORIZED] * 200)
    deadline = world.clock.now().timestamp() + 20
    await world.serve(request(headers={"x-order-relay-deadline": deadline}))
    await world.clock.advance(19)
    assert "ack o-1" not in world.log
    await world.clock.advance(2)
    assert world.log[-2:] == ["reply failed deadline_passed", "ack o-1"]


async def test_many_failures_in_a_row_open_the_circuit() -> None:
    """Then one order at a time finds out, and a success closes it for all."""
    world = World()
    for number in range(FAILURES_UNTIL_OPEN):
        world.api.answer(f"o-{number}", UNREACHED)
        await world.serve(request(f"o-{number}"))
    assert holds(world) == [(HoldReason.CIRCUIT, True)]
    await world.serve(request("late"))
    assert "submit late" not in world.log
    await world.clock.advance(30)
    assert holds(world)[-1] == (HoldReason.CIRCUIT, False)
    assert world.log.count("reply accepted") == FAILURES_UNTIL_OPEN + 1


async def test_a_success_between_failures_keeps_the_circuit_closed() -> None:
    """One bad order among good ones stops nobody."""
    world = World()
    for number in range(3 * FAILURES_UNTIL_OPEN):
        if number % 3:
            world.api.answer(f"o-{number}", UNREACHED)
        await world.serve(request(f"o-{number}"))
    assert holds(world) == []


async def test_a_probe_that_fails_keeps_the_circuit_open() -> None:
    """The order itself goes to its retry; the next one probes later."""
    world = World()
    for number in range(FAILURES_UNTIL_OPEN + 5):
        world.api.answer(f"o-{number}", *[UNREACHED] * 50)
        await world.serve(request(f"o-{number}"))
    submits = len(world.log)
    await world.clock.advance(1)
    assert len([entry for entry in world.log[submits:] if entry.startswith("submit")]) == 1
    assert holds(world) == [(HoldReason.CIRCUIT, True)]


async def test_throttling_stops_the_whole_process_as_long_as_told() -> None:
    """No attempt is counted, and no other order is sent meanwhile."""
    world = World()
    world.api.answer("o-1", Answered(429, b"", retry_after="1"))
    await world.serve(request("o-1"))
    await world.serve(request("o-2"))
    assert world.log == ["submit o-1"]
    assert holds(world) == [(HoldReason.THROTTLED, True)]
    await world.clock.advance(0.9)
    assert world.log == ["submit o-1"]
    await world.clock.advance(0.2)
    assert world.log.count("reply accepted") == 2
    assert {reply["attempts"] for reply in world.broker.replies()} == {1}


async def test_a_long_throttle_sends_the_order_to_a_queue_and_stops_the_intake() -> None:
    """What would stay unacked for minutes is not taken in at all."""
    world = World()
    world.api.answer("o-1", Answered(503, b"", retry_after="100"))
    await world.serve(request("o-1"))
    assert world.log == ["submit o-1", "retry in 120", "ack o-1"]
    assert intake(world) is Intake.NONE
    version = await world.gate.change(-1)
    await world.clock.advance(50)
    assert intake(world) is Intake.FULL
    assert version >= 0


async def test_nothing_is_sent_while_results_cannot_be_published() -> None:
    """No order is placed whose outcome could not be recorded."""
    world = World()
    world.gate.hold_publisher("down")
    await world.serve(request())
    assert world.log == []
    assert intake(world) is Intake.NONE
    world.gate.lift_publisher()
    await settle()
    assert world.log == ["submit o-1", "reply accepted", "ack o-1"]


async def test_without_a_publisher_a_held_order_is_given_back() -> None:
    """Its history cannot be written, and it has none."""
    world = World()
    world.gate.hold_publisher("down")
    await world.serve(request())
    await world.clock.advance(PATIENCE_SECONDS + 1)
    assert world.log == ["requeue o-1"]


async def test_a_probe_that_is_throttled_does_not_end_the_hold() -> None:
    """The API has not looked at the key yet."""
    world = World()
    world.api.answer("o-1", UNAUTHORIZED, Answered(429, b"", retry_after="1"), UNAUTHORIZED)
    await world.serve(request())
    await world.clock.advance(2)
    assert (HoldReason.CREDENTIALS, False) not in holds(world)


async def test_a_probe_that_is_lost_keeps_the_hold_and_opens_no_circuit() -> None:
    """One lost answer says nothing about the API as a whole."""
    world = World()
    world.api.answer("o-1", UNAUTHORIZED, UNREACHED, placed())
    await world.serve(request())
    await world.clock.advance(10)
    assert holds(world) == [(HoldReason.CREDENTIALS, True), (HoldReason.CREDENTIALS, False)]
    assert world.log[-1] == "ack o-1"


async def test_a_refusal_ends_the_hold() -> None:
    """The key was accepted, whatever became of the order."""
    world = World()
    world.api.answer("o-1", UNAUTHORIZED, refusal("Service not found"))
    await world.serve(request())
    await world.clock.advance(2)
    assert holds(world)[-1] == (HoldReason.CREDENTIALS, False)
