"""A relay whose log nobody reads."""

import asyncio
import os
import sys
from typing import Any

from service.core.decision import RetryPolicy
from service.core.topology import build_whole_topology
from tests.edges.amqp.crash import declared
from tests.world.broker.ports import free_ports
from tests.world.broker.vhost import VirtualHost
from tests.world.load.processes import client
from tests.world.producer import Producer
from tests.world.relay_process import environment

ORDERS = 150
"""With some eight lines each at the level debug: several times what a pipe holds."""


async def test_orders_go_on_while_nobody_reads_the_log(
    vhost: VirtualHost, settings: dict[str, Any]
) -> None:
    """A write that waits would stop the event loop, the heartbeats, and in the end the health."""
    await declared(vhost.url, build_whole_topology("orders", RetryPolicy().delays_seconds))
    (port,) = free_ports(1)
    more = {"ADMIN__HOST": "127.0.0.1", "ADMIN__PORT": port, "LOG__LEVEL": "debug"}
    nobody_reads, log = os.pipe()
    relay = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service", "run", env=environment(**settings | more), stdout=log
    )
    os.close(log)
    try:
        async with Producer.connect(vhost.url) as producer:
            for number in range(ORDERS):
                await producer.send(f"o-{number}")
            for number in range(ORDERS):
                assert (await producer.reply(f"o-{number}"))["status"] == "accepted"
        async with client() as http:
            answer = await http.get(f"http://127.0.0.1:{port}/readyz")
            assert (answer.status_code, answer.json()["status"]) == (200, "ok")
        relay.terminate()
        assert await asyncio.wait_for(relay.wait(), 60) == 0
    finally:
        if relay.returncode is None:
            relay.kill()
            await relay.wait()
        os.close(nobody_reads)
