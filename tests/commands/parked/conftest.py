"""What the tests of these commands share."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import pytest
from typer.testing import CliRunner

from service.commands.cli import app
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import ORDERS
from tests.world.broker.vhost import VirtualHost
from tests.world.relay_process import environment


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Coroutine[Any, Any, Ended]]


@pytest.fixture
async def vhost(vhost: VirtualHost) -> VirtualHost:
    """One where the topology stands."""
    await declared(vhost.url, ORDERS)
    return vhost


@pytest.fixture
def run(vhost: VirtualHost) -> Run:
    """Run one command against this virtual host to its end, in a thread of this process."""
    # One at a time: what it prints and its environment are the process's.
    alone = asyncio.Lock()

    async def run(*arguments: str, **settings: object) -> Ended:
        known: dict[str, Any] = {"AMQP__URL": vhost.url, "RETRY__DELAYS_SECONDS": "1,5"}
        async with alone:
            runner = CliRunner(env=environment(**known | settings))
            result = await asyncio.to_thread(runner.invoke, app, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ended(result.exit_code, result.stdout, result.stderr)

    return run
