"""What is done to the broker's nodes: they end, hang, are cut off, or lead."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from tests.trials.chaos.brokers import FAILURES
from tests.trials.chaos.plan import Planned
from tests.trials.chaos.world import World
from tests.world.broker import RabbitNode


async def kill(world: World, planned: Planned) -> str | None:
    """SIGKILL, and a start on the same files after a while."""
    return await _take_down(world, planned, RabbitNode.kill)


async def stop(world: World, planned: Planned) -> str | None:
    """SIGTERM, as for an upgrade, and a start on the same files after a while."""
    return await _take_down(world, planned, RabbitNode.stop)


async def cut_off(world: World, planned: Planned) -> str | None:
    """A node is parted from the others, and its clients are not told; then a new start."""
    async with world.broker_lock:
        node = _node(world, planned)
        try:
            await asyncio.to_thread(world.broker.settle)
        except FAILURES:
            return None
        with suppress(*FAILURES):
            await asyncio.to_thread(world.broker.cut_off, node)
            await asyncio.sleep(planned.lasts_seconds)
        # Cut off by half, perhaps: it meets the others again only by a new start.
        await asyncio.to_thread(world.broker.nodes[node].kill)
        await asyncio.to_thread(world.broker.start_again, node)
    return f"node {node}"


async def move_leaders(world: World, planned: Planned) -> str | None:
    """Another node leads every quorum queue."""
    async with world.broker_lock:
        node = _node(world, planned)
        try:
            await asyncio.to_thread(world.broker.move_leaders, node)
        except FAILURES:
            return None
    return f"to node {node}"


async def freeze(world: World, planned: Planned) -> str | None:
    """SIGSTOP for the broker, and SIGCONT after a while."""
    async with world.broker_lock:
        node = _node(world, planned)
        world.broker.nodes[node].freeze()
        await asyncio.sleep(planned.lasts_seconds)
        world.broker.nodes[node].thaw()
    return f"node {node}"


async def _take_down(
    world: World, planned: Planned, down: Callable[[RabbitNode], None]
) -> str | None:
    async with world.broker_lock:
        node = _node(world, planned)
        try:
            # Else the broker would forget a queue that was declared in the last two seconds.
            await asyncio.to_thread(world.broker.settle)
        except FAILURES:
            return None
        await asyncio.to_thread(down, world.broker.nodes[node])
        await asyncio.sleep(planned.lasts_seconds)
        await asyncio.to_thread(world.broker.start_again, node)
    return f"node {node}"


def _node(world: World, planned: Planned) -> int:
    return int(planned.draw * len(world.broker.nodes))
