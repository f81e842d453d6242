"""Holding while the API fails: who goes ahead, what is given back, and what it costs nobody."""

from datetime import timedelta

import pytest

from service.core.message import Message
from service.core.outcome import Answered
from service.core.request import DEADLINE
from service.flow.events.labels import HoldReason
from service.flow.sending.account import FAILURES_TO_OPEN
from service.flow.sending.asking import LONGEST_PAUSE_SECONDS
from service.flow.sending.leaving import SHORT_HOLD_SECONDS
from tests.flow.circulating import Circulating
from tests.flow.clock import EPOCH
from tests.flow.fakes import request
from tests.flow.held import UNREACHED, holds, intake
from tests.flow.world import World

pytestmark = pytest.mark.usefixtures("uncovered")


async def test_an_api_that_fails_the_first_attempts_of_every_order_serves_all() -> None:
    """Probes are fresh orders and failed ones in turn, and of these the one that is furthest."""
    world = Circulating()
    for number in range(500):
        world.api.answer(f"o-{number}", *[Answered(500, b"")] * 2)
        world.send(request(f"o-{number}"))
    await world.run(60)
    assert list(world.statuses().values()) == ["accepted"] * 500
    assert len(world.submits()) == 1500


async def test_many_failures_in_a_row_open_the_circuit() -> None:
    """Then one order at a time finds out, and a success closes it for all."""
    world = World()
    for number in range(FAILURES_TO_OPEN):
        world.api.answer(f"o-{number}", UNREACHED)
        await world.serve(request(f"o-{number}"))
    assert holds(world) == [(HoldReason.CIRCUIT, True)]
    await world.serve(request("late"))
    assert "submit late" not in world.log
    await world.clock.advance(10)
    assert holds(world)[-1] == (HoldReason.CIRCUIT, False)
    assert world.log.count("reply accepted") == FAILURES_TO_OPEN + 1


async def test_a_success_between_failures_keeps_the_circuit_closed() -> None:
    """Six orders that the API cannot answer stop none of the others."""
    world = Circulating()
    for number in range(6):
        world.api.answer(f"bad-{number}", *[Answered(422, b"strange")] * 100)
        world.send(request(f"bad-{number}"))
    for number in range(120):
        world.send(request(f"o-{number}"))
    await world.run(2)
    assert holds(world) == []
    assert len(world.statuses()) == 120


async def test_an_outage_costs_few_calls_and_its_end_is_seen_at_once() -> None:
    """First in, first out within the concurrency; nothing is parked or answered before."""
    world = Circulating()
    for number in range(1000):
        world.api.answer(f"o-{number}", *[UNREACHED] * 100)
        world.send(request(f"o-{number}"))
    await world.run(100)
    assert len(world.submits()) < FAILURES_TO_OPEN + 100
    assert not world.broker.replies()
    world.api.forget()
    await world.run(LONGEST_PAUSE_SECONDS + 1)
    assert list(world.statuses().values()) == ["accepted"] * 1000


async def test_what_has_not_begun_is_given_back_in_order_and_comes_first() -> None:
    """Not in a short hold; one fresh order and those that failed stay to be asked."""
    world = Circulating()
    for number in range(300):
        world.api.answer(f"o-{number}", *[UNREACHED] * 100)
        world.send(request(f"o-{number}"))
    await world.run(SHORT_HOLD_SECONDS - 1)
    assert not [entry for entry in world.log if entry.startswith("requeue")]
    assert intake(world) == 0
    await world.run(30)
    returned = [entry.removeprefix("requeue ") for entry in world.log if "requeue" in entry]
    assert len(returned) >= 8
    assert returned == sorted(returned, key=lambda name: int(name.removeprefix("o-")))
    world.api.forget()
    await world.run(LONGEST_PAUSE_SECONDS + 1)
    assert list(world.statuses().values()) == ["accepted"] * 300
    assert not world.broker.parked


@pytest.mark.parametrize(
    ("message", "arrival"),
    [
        (request(headers={"x-delivery-count": 10}), {"redelivered": True}),
        (request(headers={DEADLINE: EPOCH + timedelta(minutes=50)}), {}),
    ],
    ids=["given back often", "its end is near"],
)
async def test_what_would_lose_by_it_is_not_given_back(
    message: Message, arrival: dict[str, object]
) -> None:
    """The broker parks what was delivered 50 times; what ends unsent must end as certain."""
    world = Circulating()
    for number in range(FAILURES_TO_OPEN + 1):
        world.api.answer(f"bad-{number}", *[UNREACHED] * 100)
        world.send(request(f"bad-{number}"))
    world.api.answer("o-1", *[UNREACHED] * 100)
    await world.run(2)
    await world.serve(message, **arrival)
    await world.serve(request("o-2"))
    await world.run(SHORT_HOLD_SECONDS)
    assert "requeue o-1" not in world.log
    assert "requeue o-2" in world.log
