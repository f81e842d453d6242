"""The short form of `python -m tests.trials.cluster`, and what a cluster of ours is."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trials.cluster.run import World, phase
from tests.world.broker import Installed, find_rabbitmq
from tests.world.broker.cluster import NODES, RabbitCluster

LED = "orders.requests"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[RabbitCluster]:
    """Three nodes."""
    found = find_rabbitmq()
    if not isinstance(found, Installed):
        pytest.skip(f"a cluster needs an installed RabbitMQ; there is {found}")
    with RabbitCluster.start(tmp_path, found=found) as cluster:
        yield cluster


async def _kill_the_leader(world: World) -> None:
    leaders = await asyncio.to_thread(world.cluster.leaders, world.host.name)
    await asyncio.to_thread(world.cluster.kill, leaders[LED])
    await world.served()


@pytest.mark.timeout(900)
async def test_orders_are_served_when_the_leader_is_killed(
    cluster: RabbitCluster, tmp_path: Path
) -> None:
    """Every queue has three copies, and two go on: each order is placed once and answered."""
    async with World.start(cluster, tmp_path) as world:
        members = cluster.members(world.host.name)
        assert members
        assert set(members.values()) == {NODES}
        result = await phase(world, "leader killed", _kill_the_leader)
        assert result.good, result
        assert await world.relay.stop() == 0
    assert [node.is_running() for node in cluster.nodes].count(False) == 1
