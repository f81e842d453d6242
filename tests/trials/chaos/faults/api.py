"""What the order API does wrong for a while, for every call or every second or third one."""

import asyncio
import signal
from collections.abc import Mapping
from typing import Any

from tests.trials.chaos.kinds import Kind
from tests.trials.chaos.plan import Planned
from tests.trials.chaos.world import World

RULES: Mapping[Kind, dict[str, Any]] = {
    Kind.API_HANG_BEFORE: {"fault": "hang_before"},
    Kind.API_HANG_AFTER: {"fault": "hang_after"},
    Kind.API_RESET_BEFORE: {"fault": "reset_before"},
    Kind.API_RESET_AFTER: {"fault": "reset_after"},
    Kind.API_THROTTLE: {"fault": "status", "status": 429},
    Kind.API_THROTTLE_AFTER: {"fault": "status", "status": 429, "headers": {"Retry-After": "1"}},
    Kind.API_BROKEN: {"fault": "broken_json"},
    Kind.API_SHORT: {"fault": "short"},
    Kind.API_EMPTY: {"fault": "ok_with_neither"},
    Kind.API_DRIP: {"fault": "drip", "interval_seconds": 0.05},
    Kind.API_SLOW: {"fault": "delay", "seconds": 0.7},
}
STORM_STATUSES = (500, 502, 503, 504)


async def rule(world: World, planned: Planned) -> str | None:
    """One rule more at the API, for a while."""
    every = 1 + int(planned.draw * 3)
    async with world.api.following(**_fault(planned), match={"every": every}):
        await asyncio.sleep(planned.lasts_seconds)
    return f"one call in {every}"


async def wrong_key(world: World, planned: Planned) -> str | None:
    """The relays' key is refused with 401 for a while."""
    async with world.api.refusing_the_key():
        await asyncio.sleep(planned.lasts_seconds)
    return ""


async def freeze(world: World, planned: Planned) -> str | None:
    """SIGSTOP for the API, and SIGCONT after a while."""
    world.api.send_signal(signal.SIGSTOP)
    await asyncio.sleep(planned.lasts_seconds)
    world.api.send_signal(signal.SIGCONT)
    return ""


def _fault(planned: Planned) -> dict[str, Any]:
    if planned.kind is not Kind.API_STORM:
        return RULES[planned.kind]
    tenth = int(planned.draw * 1000)
    # Every other storm is one after the order was placed.
    return {"fault": "status", "status": STORM_STATUSES[tenth % 4], "after": tenth % 2 == 0}
