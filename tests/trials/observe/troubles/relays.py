"""Relays that are gone, starved or short of memory, and connections to the broker that are lost."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.trials.chaos.processes import Replica
from tests.trials.observe.groups import memory_group
from tests.trials.observe.site import Site
from tests.world.load import RelayProcess

CONNECTIONS = 2
_CUTS_SECONDS = 4.0
_BETWEEN_SECONDS = 0.2
_STEADY_SECONDS = 10.5
"""After this a session counts as good, and the relay's pauses are short again."""
_FROZEN_SECONDS = 0.8
_THAWED_SECONDS = 0.7
_SHARE = 0.93
"""What the relay uses of its limit at least, judged by what it used before."""


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


@asynccontextmanager
async def relay_frozen_again_and_again(site: Site) -> AsyncIterator[None]:
    """The first relay is stopped in its tracks more than half of the time."""
    relay = site.relays[0]

    async def freeze() -> None:
        while True:
            relay.freeze()
            await asyncio.sleep(_FROZEN_SECONDS)
            relay.thaw()
            await asyncio.sleep(_THAWED_SECONDS)

    freezing = asyncio.create_task(freeze())
    try:
        yield
    finally:
        freezing.cancel()
        await asyncio.gather(freezing, return_exceptions=True)
        relay.thaw()


@asynccontextmanager
async def memory_limited(site: Site) -> AsyncIterator[None]:
    """The last relay begins anew with hardly the memory that it needs; after, with all it wants."""
    relay = site.relays[-1]
    used = (await relay.process.metrics())["process_resident_memory_bytes"]
    with memory_group(round(used / _SHARE)) as group:
        relay.kind = _in_group(group)
        try:
            await site.restart(relay)
            yield
        finally:
            relay.kind = RelayProcess
            await site.restart(relay)


def _in_group(group: Path) -> type[RelayProcess]:
    class Limited(RelayProcess):
        program: Sequence[str] = (
            "tests.trials.observe.groups",
            str(group),
            *RelayProcess.program,
        )

    return Limited
