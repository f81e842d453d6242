"""Connections that are thrown away and built anew leave nothing behind."""

import asyncio
import gc
import os
from pathlib import Path

import pytest

from service.edges.amqp.broker import Broker, BrokerUnreachableError
from service.flow.events.labels import ConnectionName
from service.flow.events.process import ConsumingStarted
from service.flow.ports import Confirmed
from tests.edges.amqp.edge import consuming, publication
from tests.edges.amqp.proxied import through
from tests.flow.clock import settle
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Proxy

REBUILDS = 30
WARM = 3


def _open_files() -> int:
    return len(list(Path(f"/proc/{os.getpid()}/fd").iterdir()))


async def _held() -> tuple[int, int]:
    """The tasks and files of this process, when what is done with is gone."""
    await settle()
    gc.collect()
    return len(asyncio.all_tasks()), _open_files()


@pytest.mark.timeout(180)
async def test_thirty_rebuilds_of_both_connections_leave_tasks_and_files_flat(
    vhost: VirtualHost,
) -> None:
    """Counted at one point of each session: consuming, and a publish confirmed."""
    async with Proxy("127.0.0.1", vhost.node.amqp_port) as proxy:
        async with consuming(Broker([through(proxy, vhost.url)])) as edge:
            counts = []
            for number in range(1, REBUILDS + 1):
                proxy.cut()
                await edge.events.connected(ConnectionName.CONSUME, number + 1)
                await edge.events.connected(ConnectionName.PUBLISH, number + 1)
                await edge.events.until(ConsumingStarted, number=number + 1)
                assert await edge.publisher.publish(publication()) == Confirmed()
                counts.append(await _held())
        settled = counts[WARM:]
        least_tasks, least_files = (min(column) for column in zip(*settled, strict=True))
        # What a moment adds: a look for blocks, a count of consumers, a socket not closed yet.
        assert max(tasks for tasks, _ in settled) <= least_tasks + 6
        assert max(files for _, files in settled) <= least_files + 4
        assert settled[-1][0] <= settled[0][0] + 6


async def test_tries_that_time_out_leave_nothing_behind(vhost: VirtualHost) -> None:
    """A black hole for a whole night must not use the files up."""
    async with Proxy("127.0.0.1", vhost.node.amqp_port) as proxy:
        proxy.stall()
        broker = Broker([through(proxy, vhost.url)], connect_timeout_seconds=0.05)
        before = asyncio.all_tasks()
        for number in range(1, REBUILDS + 1):
            connecting = asyncio.create_task(broker.connect(ConnectionName.PUBLISH))
            await proxy.connected(number)
            try:
                await connecting
            except BrokerUnreachableError:
                continue
        proxy.resume()
        await proxy.disconnected()
        await settle()
        left = {task for task in asyncio.all_tasks() - before if "aiormq" in repr(task)}
        assert left == set()
