"""The shell commands of operating.md and the runbooks, where 50 orders are parked."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aio_pika
import pytest

from service.core.topology import build_whole_topology
from tests.commands.parked.scene import park, unknown
from tests.edges.amqp.crash import declared
from tests.shipping.docs.running import RUN, shell
from tests.shipping.docs.shell import PAGES, Block, blocks, program
from tests.world.broker.node import RabbitNode
from tests.world.broker.vhost import VirtualHost

NOT_RUN = {
    "kubectl": "there is no cluster; make chart runs those that run a tool in a pod",
    "logs": "tests/shipping/logs runs them",
}
"""The programs whose commands are not run here, and why."""
PARKED = 50
ID = "o-1"
"""The order that the pages speak of, one of those that are parked."""

BLOCKS = blocks()


@asynccontextmanager
async def parked(node: RabbitNode) -> AsyncIterator[VirtualHost]:
    """The host `/` with its topology, 50 parked orders, a reply without a receiver, a producer."""
    host = VirtualHost(node, "/", "guest", "guest")
    try:
        await declared(host.url, build_whole_topology("orders", (1, 5, 30, 120, 600, 3600)))
        await host.declare("shop.replies")
        async with host.channel() as channel:
            await (await channel.get_queue("shop.replies")).bind("orders.replies", "shop.#")
            await park(host, [unknown(f"o-{number}") for number in range(PARKED)])
            lonely = aio_pika.Message(b'{"status": "accepted"}', message_id="o-lonely")
            await (await channel.get_exchange("orders.unrouted")).publish(lonely, "shop.gone")
            # Still connected: one connection that can be listed.
            yield host
    finally:
        node.delete_vhost("/")
        node.add_vhost("/")
        node.set_permissions("guest")


def script(command: str, block: Block) -> str:
    """The command, after what its block and the first one of all define."""
    return "\n".join((*BLOCKS[0].definitions, *block.definitions, command))


def test_every_command_is_run_or_named() -> None:
    """Each program is one that the test below runs, or one that it says why it does not."""
    programs = {program(command) for block in BLOCKS for command in block.commands}
    assert programs == RUN | NOT_RUN.keys()
    assert {block.page for block in BLOCKS} >= {"operating", "OrderRelayParked", "README"}


def test_no_command_takes_messages_out_by_hand() -> None:
    """No page reads or empties a queue with the broker's own tools."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert "rabbitmqadmin" not in text, page
        assert "ack_requeue_false" not in text, page
        assert "purge_queue" not in text, page
        assert "/get" not in text, page


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
@pytest.mark.timeout(600)
async def test_every_command_works_and_leaves_what_is_parked(
    rabbit_node: RabbitNode, tmp_path: Path
) -> None:
    """Each says something and no error; those that are parked are shown."""
    tried: set[str] = set()
    async with parked(rabbit_node) as host:
        with shell(rabbit_node, tmp_path) as sh:
            for block in BLOCKS:
                for command in block.commands:
                    if program(command) in NOT_RUN or command in tried:
                        continue
                    tried.add(command)
                    done = await asyncio.to_thread(sh.run, script(command, block))
                    quiet = done.stderr in ("", "nothing was changed (--dry-run)\n")
                    assert (done.returncode, quiet) == (0, True), (command, done)
                    assert done.stdout.strip(), command
                    await host.until_ready("orders.parked", PARKED)
                    if command == "order-relay parked list":
                        assert all(f"o-{number}" in done.stdout for number in range(PARKED))
                    elif command.startswith(("order-relay parked show", "order-relay trace")):
                        assert ID in done.stdout
    assert len(tried) > 8
