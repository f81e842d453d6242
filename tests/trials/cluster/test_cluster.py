"""The short form of `python -m tests.trials.cluster`, and what its phases are judged by."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trials.chaos.brokers import ChaosBroker
from tests.trials.chaos.checker.build import GOOD, Event, booked, called, history, sent, told
from tests.trials.chaos.world import World
from tests.trials.cluster.cut_off import CUT_OFF, left_node
from tests.trials.cluster.hung_queue import one_leader_hung
from tests.trials.cluster.run import Served, carry_out, judge, table
from tests.trials.cluster.sharing import leader_hung
from tests.world.broker import Installed, find_rabbitmq
from tests.world.broker.cluster import NODES, RabbitCluster

LED = "orders.requests"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitCluster]:
    """Three nodes."""
    found = find_rabbitmq()
    if not isinstance(found, Installed):
        pytest.skip(f"a cluster needs an installed RabbitMQ; there is {found}")
    with RabbitCluster.start(tmp_path_factory.mktemp("cluster"), found=found) as cluster:
        yield cluster


@pytest.mark.timeout(300)
async def test_replicas_share_on_when_the_leader_of_their_stream_has_hung(
    cluster: RabbitCluster,
) -> None:
    """Nobody takes more than its share meanwhile, and afterwards all is used again."""
    shared = await leader_hung(cluster)
    assert shared.most == pytest.approx(1)


@pytest.mark.timeout(300)
async def test_one_reply_queue_whose_leader_hangs_stops_nobody_elses_replies(
    cluster: RabbitCluster,
) -> None:
    """Its own go to the unrouted, and no connection is lost."""
    with cluster.fresh_vhost() as host:
        beside = await one_leader_hung(host, 60)
    assert (beside.answered, beside.unrouted, beside.lost) == (54, 6, 0)


@pytest.mark.timeout(300)
async def test_a_relay_leaves_a_node_that_is_cut_off(cluster: RabbitCluster) -> None:
    """It finds that out although no order comes, and answers one that comes at the others."""
    with cluster.fresh_vhost() as host:
        try:
            left = await left_node(host, CUT_OFF)
        finally:
            await asyncio.to_thread(cluster.nodes[CUT_OFF].kill)
            await asyncio.to_thread(cluster.start_again, CUT_OFF)
    assert left.good, left


@pytest.mark.timeout(900)
async def test_orders_are_served_when_the_leader_is_killed(
    cluster: RabbitCluster, tmp_path: Path
) -> None:
    """Every queue has three copies, and two go on: each order is placed once and answered."""
    with cluster.fresh_vhost() as host, ChaosBroker.prepare(host) as broker:

        async def kill_the_leader(world: World, served: Served) -> None:
            members = cluster.members(host.name)
            assert members
            assert set(members.values()) == {NODES}
            leaders = await asyncio.to_thread(cluster.leaders, host.name)
            await asyncio.to_thread(cluster.nodes[leaders[LED]].kill)
            await served()
            # What is read out at the end is read at the first node.
            await asyncio.to_thread(cluster.start_again, leaders[LED])

        result = await carry_out(broker, tmp_path, "leader killed", kill_the_leader, print)
    assert result.good, result


def test_every_order_placed_and_answered_is_good() -> None:
    """An answer may come twice: the producer, or the broker, has tried twice."""
    run = history(*GOOD, told("accepted", 3.0), called(1.5), called(4.0))
    result = judge("p", run)
    assert result.good
    assert (result.lost, result.placed_twice, result.answered_twice) == (0, 0, 1)
    assert result.longest_silence_seconds == pytest.approx(2.5)
    shown = table([result])
    assert [next(iter(column.cells)) for column in shown.columns] == [
        *("p", "1", "0", "0", "1", "2.5 s")
    ]


@pytest.mark.parametrize(
    ("events", "lost", "placed_twice"),
    [
        # Confirmed to its producer, and without an answer.
        ((sent(),), 1, 0),
        ((*GOOD[:3], booked(2)), 0, 1),
        # Answered, and not placed.
        ((sent(), told("failed")), 0, 0),
        # Nothing was tried.
        ((), 0, 0),
    ],
)
def test_anything_else_is_not_good(events: tuple[Event, ...], lost: int, placed_twice: int) -> None:
    """Lost, placed twice, refused, or no order at all."""
    result = judge("p", history(*events))
    assert not result.good
    assert (result.lost, result.placed_twice) == (lost, placed_twice)
    assert not judge("p", history(*GOOD), ["the relay ended with 1"]).good
