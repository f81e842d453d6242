"""Looking for an order in the broker's queues, but never in that of the requests.

What is looked at there counts as perhaps sent; from RabbitMQ 4 on so does what waits in a tier. A
look at another queue takes all and gives it back as it was.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from service.app.certificates import tls_files
from service.app.settings import ShownSettings
from service.commands.parked.place import PARKED, UNROUTED, Place
from service.commands.trace.places import Seen, Unlooked, Waiting
from service.core.depths import REQUESTS, RETRY_PREFIX, Depth, Depths, Queues, Unreadable
from service.core.history import ATTEMPTS, LAST_OUTCOME
from service.core.parked.found import Parked, inspect
from service.core.parked.replies import Unrouted, read_reply
from service.core.rabbitmq import marks
from service.core.topology import build_topology
from service.edges.amqp.broker import Broker
from service.edges.amqp.delivery import AmqpDelivery
from service.edges.amqp.depths import QueueDepths
from service.edges.amqp.held import FAILURES, why

CONNECT_SECONDS = 10.0
PATIENCE_SECONDS = 5.0
LOOK_SECONDS = 60.0
"""A hundred thousand messages take ten."""

Kept = TypeVar("Kept")
Reply = tuple[Unrouted, str | None]


async def depths(settings: ShownSettings) -> Queues:
    """How many are in each queue: of those that are not looked into it is all that is known."""
    amqp = settings.amqp
    reader = QueueDepths(
        Broker(amqp.urls, tls_files(amqp), connect_timeout_seconds=CONNECT_SECONDS),
        build_topology(amqp.namespace, settings.retry.delays_seconds),
        name="trace",
    )
    try:
        return await reader.read()
    finally:
        await reader.close()


class Looking:
    """Looks for one message id, where there is anything."""

    def __init__(self, settings: ShownSettings, message_id: str, queues: Queues) -> None:
        self._settings = settings
        self._message_id = message_id
        self._queues = queues

    async def ends(self) -> Seen:
        """What waits for a person, and for a receiver."""
        if isinstance(self._queues, Unreadable):
            return Seen(unread=(f"what the broker holds: {self._queues.why}",))
        (parked, no_parked), (replies, no_replies) = await asyncio.gather(
            self._look(PARKED, self._parked), self._look(UNROUTED, self._reply)
        )
        depth = self._queues.queues.get(REQUESTS)
        return Seen(
            tuple(parked),
            tuple(replies),
            requests=None if depth is None else depth.ready,
            unread=(*no_parked, *no_replies),
            consumers=None if depth is None else depth.consumers,
        )

    async def tiers(self, seen: Seen) -> Seen:
        """The same with what waits for its next attempt."""
        if isinstance(self._queues, Unreadable):
            return seen
        if marks(self._queues.version):
            return replace(seen, tiers=Unlooked(self._queues.version, self._ready()))
        looks = [self._tier(seconds) for seconds in self._settings.retry.delays_seconds]
        found = await asyncio.gather(*looks)
        return replace(
            seen,
            tiers=tuple(one for tier, _ in found for one in tier),
            unread=(*seen.unread, *(text for _, unread in found for text in unread)),
        )

    def _ready(self) -> int | None:
        queues = self._queues.queues if isinstance(self._queues, Depths) else {}
        none = Depth(0, 0)
        names = [f"{RETRY_PREFIX}{seconds}" for seconds in self._settings.retry.delays_seconds]
        if any(name not in queues for name in names):
            return None
        return sum((queues[name] or none).ready for name in names)

    def _tier(self, seconds: int) -> Awaitable[tuple[list[Waiting], list[str]]]:
        def keep(delivery: AmqpDelivery) -> Waiting | None:
            message = delivery.received.message
            if message.message_id != self._message_id:
                return None
            attempts, last = message.headers.get(ATTEMPTS), message.headers.get(LAST_OUTCOME)
            tried = attempts if isinstance(attempts, int) else 0
            return Waiting(seconds, tried, last if isinstance(last, str) else None)

        return self._look(f"{RETRY_PREFIX}{seconds}", keep)

    def _parked(self, delivery: AmqpDelivery) -> Parked | None:
        if delivery.received.message.message_id != self._message_id:
            return None
        return inspect(delivery.received)

    def _reply(self, delivery: AmqpDelivery) -> Reply | None:
        if delivery.received.message.message_id != self._message_id:
            return None
        return read_reply(delivery.received), _order_of(delivery.received.message.body)

    async def _look(
        self, which: str, keep: Callable[[AmqpDelivery], Kept | None]
    ) -> tuple[list[Kept], list[str]]:
        """What is kept, or why it could not be looked at.

        Also where the broker says 0: so it does of a queue whose leader is slow.
        """
        place = Place.of(self._settings, which, PATIENCE_SECONDS)
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return await place.look(keep), []
        except FAILURES as error:
            return [], [f"what is in {place.queue}: {why(error)}"]


def _order_of(body: bytes) -> str | None:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return None
    order = read.get("order") if isinstance(read, dict) else None
    return order if isinstance(order, str) else None
