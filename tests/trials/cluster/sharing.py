"""Replicas at all nodes of a cluster, while the node hangs that leads their stream."""

import asyncio
import time
from dataclasses import dataclass

from service.edges.amqp.broker import Broker
from tests.edges.amqp.replicas import PEERS, Replica, all_have, starting
from tests.world.broker.cluster import NODES, RabbitCluster
from tests.world.load.waiting import until
from tests.world.standin.signals import Signals

HUNG_SECONDS = 6
USED_AGAIN_SECONDS = 10.0
ALL = 1 + 1e-9
NEARLY_ALL = 0.95
WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Shared:
    """The greatest sum of all shares, and how long after the node's return all was used again."""

    most: float
    used_again_seconds: float

    @property
    def good(self) -> bool:
        """Whether it was never too much, and soon enough again."""
        return self.most <= ALL and self.used_again_seconds <= USED_AGAIN_SECONDS


async def leader_hung(cluster: RabbitCluster) -> Shared:
    """A replica at each node shares; the stream's leader is stopped in its tracks, and goes on."""
    most = 0.0
    replicas: list[Replica] = []
    signals = Signals()

    def total() -> float:
        return sum(replica.peers.share() for replica in replicas)

    def on_change() -> None:
        nonlocal most
        most = max(most, total())
        signals.changed()

    urls = cluster.urls()
    async with starting(Broker(urls)) as start:
        for name, url in zip("abc", urls, strict=True):
            replica = start(name, Broker([url]))
            replica.on_change = on_change
            # What it must not go by yet.
            replica.peers.counted(1)
            replicas.append(replica)
        await all_have(1 / NODES, *replicas)
        leader = await asyncio.to_thread(cluster.stream_leader, PEERS.peers)
        cluster.nodes[leader].freeze()
        try:
            hung_until = time.monotonic() + HUNG_SECONDS

            async def over() -> bool:
                on_change()
                return time.monotonic() >= hung_until

            await until(over, "the node hung", timeout_seconds=WAIT_SECONDS, poll_seconds=0.1)
        finally:
            cluster.nodes[leader].thaw()
        back_at = time.monotonic()
        await signals.wait_for(
            lambda: total() >= NEARLY_ALL, lambda: f"{total():.0%} is used", WAIT_SECONDS
        )
        return Shared(most, time.monotonic() - back_at)
