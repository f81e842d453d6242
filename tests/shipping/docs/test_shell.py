"""The shell commands of operating.md and the runbooks, where 50 orders are parked."""

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aio_pika
import pytest

from service.core.topology import build_whole_topology
from tests.commands.parked.scene import park, unknown
from tests.edges.admin.asking import serving
from tests.edges.amqp.crash import declared
from tests.shipping.docs.shell import PAGES, Block, blocks, program
from tests.world.broker.node import RabbitNode
from tests.world.broker.vhost import VirtualHost

NOT_RUN = {
    "kubectl": "there is no cluster; make chart runs those that run a tool in a pod",
    "logs": "tests/shipping/logs runs them",
}
"""The programs whose commands are not run here, and why."""
RUN = {"curl", "order-relay", "rabbitmq-queues", "rabbitmqctl"}
PARKED = 50
ID = "o-1"
"""The order that the pages speak of, one of those that are parked."""

BLOCKS = blocks()


@dataclass(frozen=True)
class Shell:
    """A shell in which the programs of the pages speak to one broker and one relay."""

    folder: Path
    admin_port: int

    def run(self, command: str, block: Block) -> "subprocess.CompletedProcess[str]":
        """The command, after what its block and the first one of all define."""
        words = "\n".join((*BLOCKS[0].definitions, *block.definitions, command))
        words = words.replace("localhost:8080", f"localhost:{self.admin_port}")
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["sh", "-c", words],
            env={**os.environ, "PATH": path},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@contextmanager
def shell(node: RabbitNode, folder: Path) -> Iterator[Shell]:
    """With RabbitMQ's programs for this node, this program, and the pages of a relay."""
    # Whatever else listens at the usual port of this machine is no relay's.
    settings = [f"ORDER_RELAY_AMQP__URL={node.amqp_url()}", "ORDER_RELAY_ADMIN__PORT=0"]
    relay = ["env", *settings, sys.executable, "-m", "service"]
    programs = {"order-relay": relay}
    programs |= {name: node.command(name) for name in RUN if name.startswith("rabbitmq")}
    for name, command in programs.items():
        file = folder / name
        file.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
        file.chmod(0o700)
    with serving() as admin:
        yield Shell(folder, admin.port)


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
                    done = await asyncio.to_thread(sh.run, command, block)
                    quiet = done.stderr in ("", "nothing was changed (--dry-run)\n")
                    assert (done.returncode, quiet) == (0, True), (command, done)
                    assert done.stdout.strip(), command
                    assert await host.ready("orders.parked") == PARKED, command
                    if command == "order-relay parked list":
                        assert all(f"o-{number}" in done.stdout for number in range(PARKED))
                    elif command.startswith(("order-relay parked show", "order-relay trace")):
                        assert ID in done.stdout
    assert len(tried) > 8
