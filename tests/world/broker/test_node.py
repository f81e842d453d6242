"""A node of our own: what it can do, and that nothing of it stays."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import aio_pika
import pytest
from aio_pika.exceptions import AMQPError

from tests.world.broker import BrokerError, RabbitNode, VirtualHost


@pytest.fixture(scope="module")
def own_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitNode]:
    """A second node, that tests may kill."""
    with RabbitNode.start(tmp_path_factory.mktemp("own-node")) as node:
        yield node


async def test_a_message_comes_back_with_its_properties(vhost: VirtualHost) -> None:
    """What was published is what `get` returns, and then the queue is empty."""
    await vhost.declare("q")
    await vhost.publish(b"body", routing_key="q", message_id="m-1", headers={"x-a": 1})
    assert await vhost.ready("q") == 1

    message = await vhost.get("q")

    assert (message.body, message.message_id, message.headers) == (b"body", "m-1", {"x-a": 1})
    assert await vhost.drain("q") == []


async def test_queues_dead_letter_at_least_once(
    rabbit_node: RabbitNode, vhost: VirtualHost
) -> None:
    """A fresh node has what that needs on 3.10, and the message makes the hop."""
    await vhost.declare("q")
    await vhost.declare(
        "waiting",
        dead_letter_exchange="",
        dead_letter_routing_key="q",
        dead_letter_strategy="at-least-once",
        overflow="reject-publish",
        message_ttl=1,
    )
    await vhost.publish(b"again", routing_key="waiting")

    assert (await vhost.get("q")).body == b"again"
    assert "fall back to dead-letter-strategy at-most-once" not in rabbit_node.log()


async def test_counts_of_queues_become_true_soon(vhost: VirtualHost) -> None:
    """Ready, unacknowledged and consumers are seen without waiting for the default 5 s."""
    await vhost.declare("q")
    for body in (b"1", b"2"):
        await vhost.publish(body, routing_key="q")
    async with vhost.channel() as channel:
        await channel.set_qos(prefetch_count=1)
        arrived: asyncio.Queue[object] = asyncio.Queue()
        await (await channel.get_queue("q")).consume(arrived.put)
        queues = await vhost.until(
            lambda seen: (seen["q"].ready, seen["q"].unacked, seen["q"].consumers) == (1, 1, 1),
            timeout_seconds=5,
        )
    assert (queues["q"].type, queues["q"].messages) == ("quorum", 2)


async def test_waiting_for_a_message_in_vain_is_an_error(vhost: VirtualHost) -> None:
    """The wait is bounded, and says which queue was empty."""
    await vhost.declare("q")
    with pytest.raises(BrokerError, match=r"no message in q within 0\.1 s"):
        await vhost.get("q", timeout_seconds=0.1)


def test_ctl_speaks_to_this_node(rabbit_node: RabbitNode, vhost: VirtualHost) -> None:
    """`rabbitmqctl` knows our virtual host, and its complaints become the error."""
    assert vhost.name in rabbit_node.ctl("list_vhosts", "name")
    with pytest.raises(BrokerError, match=r"no_such_vhost|not found|does not exist"):
        rabbit_node.ctl("delete_vhost", "nothing-here")


async def test_a_killed_node_comes_back_with_its_messages(own_node: RabbitNode) -> None:
    """What was confirmed survives SIGKILL; ports and URL stay the same."""
    with VirtualHost.fresh(own_node) as host:
        await host.declare("q")
        await host.publish(b"kept", routing_key="q")
        before = own_node.pid
        await asyncio.to_thread(own_node.settle)
        await asyncio.to_thread(own_node.kill)
        with pytest.raises((AMQPError, ConnectionError)):
            await aio_pika.connect(host.url, timeout=5)

        await asyncio.to_thread(own_node.start_again)

        assert own_node.pid != before
        assert (await host.get("q")).body == b"kept"


async def test_a_frozen_node_answers_when_it_is_thawed(own_node: RabbitNode) -> None:
    """While it is frozen, connections open and nothing comes back."""
    own_node.freeze()
    try:
        with pytest.raises(TimeoutError):
            await aio_pika.connect(own_node.amqp_url(), timeout=0.3)
    finally:
        own_node.thaw()
    await (await aio_pika.connect(own_node.amqp_url(), timeout=10)).close()


def test_a_stopped_node_leaves_no_process(own_node: RabbitNode) -> None:
    """Neither the VM nor a port mapper is left after an orderly stop."""
    pid = own_node.pid
    directory = _directory_of(pid)
    own_node.stop()
    assert not own_node.is_running()
    assert _processes_in(directory) == []


def _directory_of(pid: int) -> str:
    """The folder of the node, which is named in the environment of all its processes."""
    environment = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    (home,) = (line.partition("=")[2] for line in environment if line.startswith("HOME="))
    return str(Path(home).parent)


def _processes_in(directory: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if directory in environment and int(process.name) != os.getpid():
            found.append((process / "comm").read_text().strip())
    return found
