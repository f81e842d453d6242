"""A relay that gets no processor time, and one that gets little memory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.trials.observe.groups import memory_group
from tests.trials.observe.site import Site
from tests.world.load import RelayProcess

_FROZEN_SECONDS = 0.8
_THAWED_SECONDS = 0.7
_SHARE = 0.93
"""What the relay uses of its limit at least, judged by what it used before."""


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
            "tests.trials.observe.in_group",
            str(group),
            *RelayProcess.program,
        )

    return Limited
