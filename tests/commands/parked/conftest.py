"""What the tests of these commands share."""

import asyncio
from collections.abc import Awaitable, Callable
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.commands.test_commands import order_relay
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import ORDERS
from tests.world.broker.vhost import VirtualHost

Run = Callable[..., Awaitable["CompletedProcess[str]"]]


@pytest.fixture
async def vhost(vhost: VirtualHost) -> VirtualHost:
    """One where the topology stands."""
    await declared(vhost.url, ORDERS)
    return vhost


@pytest.fixture
def run(vhost: VirtualHost) -> Run:
    """Run one command against this virtual host, to its end."""

    async def run(*arguments: str, **settings: object) -> "CompletedProcess[str]":
        known: dict[str, Any] = {"AMQP__URL": vhost.url, "RETRY__DELAYS_SECONDS": "1,5"}
        return await asyncio.to_thread(order_relay, *arguments, **known | settings)

    return run
