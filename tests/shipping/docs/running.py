"""A shell in which what the pages tell to type speaks to the node and the relay of a test."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.edges.admin.asking import serving
from tests.world.broker.node import RabbitNode
from tests.world.load.processes import unmeasured

RUN = {"curl", "order-relay", "rabbitmq-queues", "rabbitmqctl"}
_FOR_PAGES = {"order-relay", "rabbitmq-plugins", "rabbitmq-queues", "rabbitmqctl"}


@dataclass(frozen=True)
class Shell:
    """A shell in which the programs of the pages speak to one broker and one relay."""

    folder: Path
    admin_port: int

    def run(self, script: str) -> "subprocess.CompletedProcess[str]":
        """What it ends with, and what it says."""
        words = script.replace("localhost:8080", f"localhost:{self.admin_port}")
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["sh", "-c", words],
            env={**unmeasured(os.environ), "PATH": path},
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
    programs = {name: node.command(name) for name in _FOR_PAGES} | {"order-relay": relay}
    for name, command in programs.items():
        file = folder / name
        file.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
        file.chmod(0o700)
    with serving() as admin:
        yield Shell(folder, admin.port)
