"""A quorum queue that neither takes nor refuses anything, as one without a leader does."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Literal

from tests.world.broker.node import RabbitNode
from tests.world.broker.vhost import VirtualHost


@asynccontextmanager
async def standing_still(vhost: VirtualHost, *queues: str) -> AsyncIterator[None]:
    """The leaders of these queues hear nothing inside the block, and go on after it."""
    await asyncio.to_thread(tell_leaders, vhost.node, vhost.name, queues, "suspend")
    try:
        yield
    finally:
        await asyncio.to_thread(tell_leaders, vhost.node, vhost.name, queues, "resume")


def tell_leaders(
    node: RabbitNode, vhost: str, queues: Iterable[str], what: Literal["suspend", "resume"]
) -> None:
    """Suspends or resumes the leaders of queues that are led by this node."""
    names = ", ".join(f'<<"{queue}">>' for queue in queues)
    node.ctl(
        "eval",
        f'[begin {{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"{vhost}">>, queue, N)),'
        f" sys:{what}(amqqueue:get_pid(Q)) end || N <- [{names}]].",
    )
