"""Holding while the API asks to wait."""

import pytest

from service.core.history import ATTEMPTS, RETRIES
from service.core.outcome import Answered
from service.flow.events.labels import HoldReason
from tests.flow.clock import settle
from tests.flow.fakes import request, waited
from tests.flow.held import holds, intake
from tests.flow.world import World

pytestmark = pytest.mark.usefixtures("uncovered")


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
    await world.clock.advance(0.5)
    assert world.log.count("reply accepted") == 2
    assert {reply["attempts"] for reply in world.broker.replies()} == {1}


async def test_a_long_throttle_gives_back_what_waits_and_stops_the_intake() -> None:
    """What would stay unacked for minutes is not taken in at all; no attempt is counted."""
    world = World()
    world.api.answer("o-1", Answered(503, b"", retry_after="100"))
    world.gate.consumes(consuming=True)
    for number in (1, 2, 3):
        await world.serve(request(f"o-{number}"))
    assert world.log == ["submit o-1", "retry in 1", "ack o-1"]
    world.gate.consumes(consuming=False)
    await settle()
    assert world.log[3:] == ["requeue o-2", "requeue o-3"]
    assert intake(world) == 0
    version = await world.gate.change(-1)
    await world.clock.advance(50)
    assert intake(world) == 4
    assert version >= 0


async def test_one_orders_history_does_not_set_the_wait_of_all() -> None:
    """A 429 that says nothing, met by an order on its tenth attempt: all wait a second."""
    world = World()
    world.api.answer("old", Answered(429, b""))
    old = waited(request("old", headers={ATTEMPTS: 9, RETRIES: 9}))
    await world.serve(old.message, exchange=old.exchange, routing_key=old.routing_key)
    await world.serve(request("new"))
    await world.clock.advance(1.5)
    assert world.log.count("reply accepted") == 2
