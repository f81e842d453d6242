"""What is done to the links of one relay: to the broker (`amqp`) and to the API (`http`)."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack

from tests.trials.chaos.kinds import Kind
from tests.trials.chaos.plan import Planned
from tests.trials.chaos.wire import Trouble, Wire
from tests.trials.chaos.world import World
from tests.world.faults import BOTH, Direction

BYTES = Trouble(piece_bytes=1, pause_seconds=0.0005)
HALF_OPEN = Trouble(stalled=BOTH, swallows=True)
LEAST_LATENCY_SECONDS, MOST_LATENCY_SECONDS = 0.02, 0.4


async def cut(world: World, planned: Planned) -> str | None:
    """Every open connection is reset; new ones are taken."""
    count = sum(wire.proxy.cut() for wire in _wires(world, planned))
    return f"{count} connections of relay {planned.replica}" if count else None


async def refuse(world: World, planned: Planned) -> str | None:
    """Every open connection is reset, and new ones are refused for a while."""
    async with AsyncExitStack() as stack:
        for wire in _wires(world, planned):
            await stack.enter_async_context(wire.refusing())
        await asyncio.sleep(planned.lasts_seconds)
    return f"relay {planned.replica}"


async def suffer(world: World, planned: Planned) -> str | None:
    """The links have the trouble of the kind for a while."""
    trouble = _trouble(planned)
    with ExitStack() as stack:
        for wire in _wires(world, planned):
            stack.enter_context(wire.suffering(trouble))
        await asyncio.sleep(planned.lasts_seconds)
    ways = " and ".join(way.value for way in trouble.stalled)
    return f"relay {planned.replica}{', ' * bool(ways)}{ways}"


def _trouble(planned: Planned) -> Trouble:
    match planned.kind:
        case Kind.AMQP_HALF_OPEN | Kind.HTTP_HALF_OPEN:
            return HALF_OPEN
        case Kind.AMQP_BYTES | Kind.HTTP_BYTES:
            return BYTES
        case Kind.AMQP_LATENCY | Kind.HTTP_LATENCY:
            most = MOST_LATENCY_SECONDS - LEAST_LATENCY_SECONDS
            return Trouble(latency_seconds=LEAST_LATENCY_SECONDS + planned.draw * most)
        case _:
            way = Direction.TO_TARGET if planned.draw < 0.5 else Direction.TO_CLIENT
            return Trouble(stalled=(way,))


def _wires(world: World, planned: Planned) -> Sequence[Wire]:
    replica = world.replicas[planned.replica]
    return [replica.api_link] if planned.kind.startswith("http.") else replica.links
