"""The contract's vectors, each delivered to a relay: it does what they expect of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.commands.check_message import as_received
from service.core.producing.written import Written, read
from tests.flow.clock import EPOCH
from tests.flow.world import World

CONTRACT = Path(__file__).parents[2] / "docs" / "contract"
VECTORS: list[dict[str, Any]] = [
    json.loads(line) for line in (CONTRACT / "vectors.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
async def test_a_relay_does_what_a_vector_expects(vector: dict[str, Any]) -> None:
    """It sends the order, or it answers with this status, code and text, or parks it."""
    expected, written = vector["expect"], read(vector["message"])
    world = await _served(written)
    sent = f"submit {written.message.message_id}" in world.log
    assert sent is (expected["status"] == "sent")
    assert bool(world.broker.parked) is expected["parked"]
    said = [(each["status"], each.get("error")) for each in world.broker.replies()]
    if sent:
        assert said == [("accepted", None)]
    elif expected["replied"]:
        error = {"code": expected["code"], "message": expected["text"]}
        assert said == [(expected["status"], error)]
    else:
        assert said == []


async def _served(written: Written) -> World:
    """A relay of its own, to which it is delivered at its moment."""
    world = World()
    assert written.at is not None
    world.clock.stop((written.at - EPOCH).total_seconds())
    received = as_received(written)
    await world.serve(received.message, undecodable=received.undecodable)
    return world
