"""Holding: when no new order is sent, who goes ahead to find out, and what it costs nobody."""

import pytest

from service.core.decision import RetryPolicy
from service.core.history import ATTEMPTS, RETRIES
from service.core.message import Message
from service.core.outcome import Answered
from service.flow.events.labels import HoldReason
from service.flow.sending.asking import LONGEST_PAUSE_SECONDS
from service.flow.sending.leaving import PATIENCE_SECONDS
from tests.flow.circulating import Circulating
from tests.flow.clock import settle
from tests.flow.fakes import refusal, request, waited
from tests.flow.held import UNAUTHORIZED, holds, intake
from tests.flow.world import World

pytestmark = pytest.mark.usefixtures("uncovered")


async def test_a_wrong_key_holds_every_order_and_answers_none() -> None:
    """One order at a time probes; the others wait unsent; nothing is answered or parked."""
    world = Circulating()
    for number in range(20):
        world.api.answer(f"o-{number}", *[UNAUTHORIZED] * 100)
        world.send(request(f"o-{number}"))
    await world.run(5)
    assert len(world.submits()) <= 10
    assert holds(world) == [(HoldReason.CREDENTIALS, True)]
    await world.run(60)
    assert not world.broker.replies()
    assert not world.broker.parked


async def test_probes_come_with_pauses_up_to_the_longest() -> None:
    """Also where there is only one order to probe with."""
    world = World()
    world.api.answer("o-1", *[UNAUTHORIZED] * 100)
    await world.serve(request())
    await world.clock.advance(60)
    calls = world.log.count("submit o-1")
    assert 60 / LONGEST_PAUSE_SECONDS <= calls <= 60 / LONGEST_PAUSE_SECONDS * 2
    assert holds(world) == [(HoldReason.CREDENTIALS, True)]
    assert intake(world) == 1


async def test_all_orders_are_served_once_the_key_works() -> None:
    """The probe's success lifts the hold; nothing was lost or counted."""
    world = Circulating()
    for number in range(20):
        world.api.answer(f"o-{number}", UNAUTHORIZED)
        world.send(request(f"o-{number}"))
    await world.run(120)
    assert holds(world)[-1] == (HoldReason.CREDENTIALS, False)
    assert set(world.statuses().values()) == {"accepted"}
    assert len(world.statuses()) == 20
    assert intake(world) > 1


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Answered(403, b"<html>"), "unknown"),
        (Answered(404, b"{}"), "unknown"),
        (refusal("Invalid API key"), "rejected"),
    ],
    ids=["403", "404", "key"],
)
async def test_an_order_that_alone_is_answered_so_ends_alone(answer: Answered, status: str) -> None:
    """It is tried four times in all; the others go on as if it were not there."""
    world = Circulating(policy=RetryPolicy(delays_seconds=(1, 5)))
    world.api.answer("bad", *[answer] * 100)
    for second in range(40):
        if second == 2:
            world.send(request("bad"))
        for number in range(5):
            world.send(request(f"good-{second}-{number}"))
        await world.run(1)
        assert len(world.submits("good")) >= second * 5
    assert world.submits("bad") == ["submit bad"] * 4
    assert world.statuses().pop("bad") == status
    assert len(world.broker.parked) == (status == "unknown")
    assert list(world.statuses().values()).count("accepted") == 200


async def test_bad_neighbours_of_several_kinds_stop_nobody() -> None:
    """Each ends for itself, whatever the others meet at the same time."""
    world = Circulating(policy=RetryPolicy(delays_seconds=(1, 5)))
    kinds = {"a": Answered(403, b""), "b": Answered(404, b""), "c": refusal("Invalid API key")}
    for name, answer in kinds.items():
        world.api.answer(name, *[answer] * 100)
        world.send(request(name))
    world.api.answer("d", *[Answered(429, b"")] * 3)
    world.queue.append(waited(request("d", headers={ATTEMPTS: 9, RETRIES: 9})))
    for second in range(40):
        for number in range(10):
            world.send(request(f"good-{second}-{number}"))
        await world.run(1)
    statuses = world.statuses()
    assert [statuses[name] for name in "abcd"] == ["unknown", "unknown", "rejected", "accepted"]
    assert list(statuses.values()).count("accepted") == 401


async def test_a_long_hold_lets_orders_wait_in_a_queue_with_their_history() -> None:
    """No order stays unacked until the broker would take it back; none is answered."""
    world = World()
    world.api.answer("o-1", *[UNAUTHORIZED] * 200)
    world.api.answer("o-2", *[UNAUTHORIZED] * 200)
    await world.serve(request("o-1"))
    await world.serve(request("o-2"))
    await world.clock.advance(PATIENCE_SECONDS + 60)
    assert world.log.count("retry in 1") == 2
    assert not world.broker.replies()
    assert intake(world) == 1


async def test_while_only_suspects_are_there_another_delivery_is_wanted() -> None:
    """And no more as soon as it is there."""
    world = World()
    world.api.answer("o-1", *[UNAUTHORIZED] * 200)
    await world.serve(request("o-1"))
    await world.clock.advance(2)
    assert intake(world) == 1
    world.api.pause("o-3")
    await world.serve(request("o-3"))
    await world.clock.advance(3)
    assert intake(world) == 0


async def test_a_held_order_is_answered_when_its_deadline_passes() -> None:
    """Its producer does not wait for the key to be fixed."""
    world = World()
    world.api.answer("o-1", *[UNAUTHORIZED] * 200)
    deadline = world.clock.now().timestamp() + 20
    await world.serve(request(headers={"x-order-relay-deadline": deadline}))
    await world.clock.advance(19)
    assert "ack o-1" not in world.log
    await world.clock.advance(2)
    assert world.log[-2:] == ["reply failed deadline_passed", "ack o-1"]


async def test_nothing_is_sent_while_results_cannot_be_published() -> None:
    """No order is placed whose outcome could not be recorded."""
    world = World()
    world.gate.hold_publisher("down")
    await world.serve(request())
    assert world.log == []
    assert intake(world) == 0
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


async def test_those_that_never_come_to_the_line_keep_nobody_out() -> None:
    """As many as are taken at first have no order in them, and no queue takes their replies."""
    world = World()
    world.broker.refuse(*["the reply queue is full"] * 1000)
    for number in range(4):
        assert intake(world) == 4
        await world.serve(Message(b"{", message_id=f"bad-{number}", reply_to="full"))
    assert intake(world) == 8


async def test_in_a_hold_a_copy_keeps_nobody_from_being_asked() -> None:
    """One delivery at a time is taken in then: a copy does not wait for the order in hand."""
    world = World()
    world.api.answer("o-1", *[UNAUTHORIZED] * 100)
    world.gate.consumes(consuming=True)
    await world.serve(request())
    await world.clock.advance(5)
    assert intake(world) == 1
    await world.serve(request())
    assert world.log[-2:] == ["retry in 1", "ack o-1"]
