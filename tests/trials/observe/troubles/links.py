"""Relays that are gone, and connections to the broker that are lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tests.trials.chaos.processes import Replica
from tests.trials.observe.site import Site

CONNECTIONS = 2
_CUTS_SECONDS = 4.0
_BETWEEN_SECONDS = 0.2
_STEADY_SECONDS = 10.5
"""After this a session counts as good, and the relay's pauses are short again."""


@asynccontextmanager
async def relays_stopped(site: Site) -> AsyncIterator[None]:
    """Every relay is told to end, and does; new ones are started after."""
    for relay in site.relays:
        await relay.stop()
    try:
        yield
    finally:
        for relay in site.relays:
            await site.restart(relay)


@asynccontextmanager
async def broker_refuses(site: Site) -> AsyncIterator[None]:
    """Every connection to the broker is cut, and new ones are refused."""
    async with AsyncExitStack() as stack:
        for relay in site.relays:
            await stack.enter_async_context(relay.links[0].refusing())
        yield


@asynccontextmanager
async def links_cut_again_and_again(site: Site) -> AsyncIterator[None]:
    """A few seconds of cuts, some seconds of peace, and so on."""
    cutting = [asyncio.create_task(_cut_again_and_again(relay)) for relay in site.relays]
    try:
        yield
    finally:
        for task in cutting:
            task.cancel()
        await asyncio.gather(*cutting, return_exceptions=True)


async def _cut_again_and_again(relay: Replica) -> None:
    proxy = relay.links[0].proxy
    clock = asyncio.get_running_loop().time
    while True:
        end = clock() + _CUTS_SECONDS
        while clock() < end:
            proxy.cut()
            await asyncio.sleep(_BETWEEN_SECONDS)
        while proxy.open_connections < CONNECTIONS:
            await asyncio.sleep(_BETWEEN_SECONDS)
        await asyncio.sleep(_STEADY_SECONDS)
