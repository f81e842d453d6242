"""What makes a hold, and what is seen of it."""

from service.core.outcome import Answered, NotSent
from service.flow.events.labels import HoldReason
from service.flow.events.process import HoldChanged
from tests.flow.world import World

UNAUTHORIZED = Answered(401, b'{"error": "unauthorized"}')
UNREACHED = NotSent("connection refused")


def intake(world: World) -> int:
    """What is wanted now."""
    return world.gate.intake


def holds(world: World) -> list[tuple[HoldReason, bool]]:
    """Which holds began and ended."""
    return [(e.reason, e.held) for e in world.events if isinstance(e, HoldChanged)]
