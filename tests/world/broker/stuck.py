"""A quorum queue that neither takes nor refuses anything, as one without a leader does."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from tests.world.broker.vhost import VirtualHost


@asynccontextmanager
async def standing_still(vhost: VirtualHost, *queues: str) -> AsyncIterator[None]:
    """The leaders of these queues hear nothing inside the block, and go on after it."""
    await asyncio.to_thread(_tell, vhost, queues, "suspend")
    try:
        yield
    finally:
        await asyncio.to_thread(_tell, vhost, queues, "resume")


def _tell(vhost: VirtualHost, queues: Iterable[str], what: str) -> None:
    names = ", ".join(f'<<"{queue}">>' for queue in queues)
    vhost.node.ctl(
        "eval",
        f'[begin {{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"{vhost.name}">>, queue, N)),'
        f" sys:{what}(amqqueue:get_pid(Q)) end || N <- [{names}]].",
    )
