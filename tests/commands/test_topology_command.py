"""`order-relay topology` at a broker that breaks off, and where queues of an older version are."""

import asyncio
from typing import Any

import pytest

from service.core.decision import RetryPolicy
from service.core.topology import build_whole_topology
from service.edges.amqp.one_off import TRIES
from tests.commands.typed import typed
from tests.edges.amqp.crash import declared
from tests.edges.amqp.proxied import through
from tests.world.broker.ports import LOOPBACK
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Direction, Proxy, Verdict

STANDARD = build_whole_topology("orders", RetryPolicy().delays_seconds)


class Cutting:
    """Cuts the connection in the middle of the topology, so many times."""

    def __init__(self, times: int) -> None:
        self._times = times
        self.done = 0

    def __call__(self, direction: Direction, data: bytes) -> Verdict:
        """Look for the queue of the requests in what is declared."""
        asked = direction is Direction.TO_TARGET and b"orders.requests" in data
        if not asked or self.done == self._times:
            return Verdict.PASS
        self.done += 1
        return Verdict.CUT


@pytest.mark.timeout(180)
@pytest.mark.parametrize("arguments", [["topology"], ["topology", "--check"]])
async def test_a_broker_that_breaks_off_is_asked_again(
    vhost: VirtualHost, arguments: list[str]
) -> None:
    """A busy node ends the connection of who declares a new quorum queue, and makes it later."""
    await declared(vhost.url, STANDARD)
    cut = Cutting(times=1)
    async with Proxy(LOOPBACK, vhost.node.amqp_port) as proxy:
        proxy.on_data(cut)
        settings: dict[str, Any] = {"AMQP__URL": through(proxy, vhost.url), "API__KEY": "some-key"}
        result = await asyncio.to_thread(typed, *arguments, **settings)
    assert cut.done == 1
    assert (result.returncode, result.stderr) == (0, ""), result.stdout


@pytest.mark.timeout(180)
@pytest.mark.parametrize("arguments", [["topology"], ["topology", "--check"]])
async def test_a_broker_that_always_breaks_off_is_said_in_one_line(
    vhost: VirtualHost, arguments: list[str]
) -> None:
    """After some tries, with its address: exit 1, no traceback."""
    cut = Cutting(times=1000)
    async with Proxy(LOOPBACK, vhost.node.amqp_port) as proxy:
        proxy.on_data(cut)
        settings: dict[str, Any] = {"AMQP__URL": through(proxy, vhost.url), "API__KEY": "some-key"}
        result = await asyncio.to_thread(typed, *arguments, **settings)
    assert cut.done == TRIES
    assert result.returncode == 1
    assert result.stderr.startswith(f"order-relay: {LOOPBACK}:{proxy.port} vhost {vhost.name}: ")
    assert result.stderr.count("\n") == 1


async def test_a_retry_queue_of_an_older_version_ends_no_upgrade(vhost: VirtualHost) -> None:
    """The job of the chart names it and goes on, as the relay does; who compares says so."""
    settings: dict[str, Any] = {"AMQP__URL": vhost.url}
    (queue,) = (one for one in STANDARD.queues if one.name == "orders.retry.5")
    named = {k.removeprefix("x-").replace("-", "_"): v for k, v in queue.arguments.items()}
    await vhost.declare(queue.name, **{k: v for k, v in named.items() if k != "delivery_limit"})
    declare = await asyncio.to_thread(typed, "topology", **settings)
    assert (declare.returncode, declare.stderr) == (0, "")
    assert "of an older version, and used as they are: orders.retry.5" in declare.stdout
    check = await asyncio.to_thread(typed, "topology", "--check", **settings)
    assert check.returncode == 1
    assert "queue orders.retry.5 differs: x-delivery-limit is none" in check.stdout
    assert check.stdout.count("differs:") == 1
    assert "missing" not in check.stdout
