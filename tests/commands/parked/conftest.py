"""What the tests of these commands share."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.commands.typed import Ended, typed
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import ORDERS
from tests.world.broker.vhost import VirtualHost

Run = Callable[..., Coroutine[Any, Any, Ended]]


@pytest.fixture
async def vhost(vhost: VirtualHost) -> VirtualHost:
    """One where the topology stands."""
    await declared(vhost.url, ORDERS)
    return vhost


@pytest.fixture
def run(vhost: VirtualHost) -> Run:
    """Run one command against this virtual host to its end, in a thread of this process."""
    alone = asyncio.Lock()

    async def run(*arguments: str, **settings: object) -> Ended:
        known: dict[str, Any] = {"AMQP__URL": vhost.url, "RETRY__DELAYS_SECONDS": "1,5"}
        async with alone:
            return await asyncio.to_thread(typed, *arguments, **known | settings)

    return run
