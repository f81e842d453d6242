"""Good orders, and a producer that publishes them with confirms and keeps the backlog bounded."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, cast

import aio_pika
from aiormq import spec
from aiormq.abc import AbstractChannel
from pamqp.common import FieldTable

from service.core.history import History, to_headers
from tests.world.broker import Queue
from tests.world.load.waiting import until

BATCH = 50
LONGEST_TIER_SECONDS = 3600
PUBLISH_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Order:
    """A request_id and the body of its request."""

    request_id: str
    body: bytes


def good_body(number: int, **changes: object) -> str:
    """The body of an order that the stand-in accepts, each number another one, but for changes."""
    body = {
        "service": 1000 + number % 9000,
        "link": f"https://example.com/p/{number}",
        "quantity": 100 + number % 900,
    }
    return json.dumps({**body, **changes})


def new_orders(prefix: str, count: int) -> Iterator[Order]:
    """Distinct orders that the stand-in accepts."""
    for number in range(count):
        yield Order(f"{prefix}-{number:07d}", good_body(number).encode())


class Producer:
    """Publishes persistent messages, each confirmed by the broker."""

    def __init__(self, channel: AbstractChannel) -> None:
        self._channel = channel
        self.published = 0

    @classmethod
    @asynccontextmanager
    async def connect(cls, url: str) -> AsyncIterator["Producer"]:
        """A producer on a connection of its own."""
        connection = await aio_pika.connect(url, timeout=PUBLISH_SECONDS)
        async with connection:
            channel = await connection.channel(on_return_raises=True)
            yield cls(await channel.get_underlay_channel())

    async def publish(
        self,
        order: Order,
        *,
        exchange: str = "orders",
        routing_key: str = "order.request",
        headers: FieldTable | None = None,
    ) -> None:
        """Publishes one order and waits for the confirm; unroutable is an error."""
        properties = spec.Basic.Properties(
            message_id=order.request_id,
            content_type="application/json",
            delivery_mode=2,
            headers=headers,
        )
        await self._channel.basic_publish(
            order.body,
            exchange=exchange,
            routing_key=routing_key,
            properties=properties,
            mandatory=True,
            timeout=PUBLISH_SECONDS,
        )
        self.published += 1

    async def publish_all(self, orders: Iterable[Order], **where: Any) -> None:
        """Publishes as fast as the broker confirms; `where` is that of `publish`."""
        for batch in _batches(orders):
            await asyncio.gather(*(self.publish(order, **where) for order in batch))

    async def publish_behind(
        self, orders: Iterable[Order], done: Callable[[], int], *, backlog: int, within: float
    ) -> None:
        """Publishes so that at most `backlog` orders are published and not `done` yet.

        TimeoutError when the backlog does not shrink `within` that many seconds.
        """
        for batch in _batches(orders):

            async def room(wanted: int = len(batch)) -> bool:
                return self.published + wanted - done() <= backlog

            await until(room, "the relay takes orders", timeout_seconds=within)
            await asyncio.gather(*(self.publish(order) for order in batch))


def _batches(orders: Iterable[Order]) -> Iterator[tuple[Order, ...]]:
    rest = iter(orders)
    while batch := tuple(islice(rest, BATCH)):
        yield batch


def left(queues: Mapping[str, Queue]) -> dict[str, int]:
    """How many messages are in each queue that is not empty, unacknowledged ones included."""
    return {name: queue.messages for name, queue in queues.items() if queue.messages}


async def publish_waiting(
    producer: Producer, orders: Iterable[Order], *, tier_seconds: int = LONGEST_TIER_SECONDS
) -> None:
    """Puts orders into the retry queue of a tier, each after one attempt of unknown outcome."""
    now = datetime.now(UTC)
    history = History(
        first_seen=now, attempts=1, retries=1, unknown_since=now, last_outcome="unknown"
    )
    await producer.publish_all(
        orders,
        exchange="orders.retry",
        routing_key=str(tier_seconds),
        headers=cast("FieldTable", to_headers(history)),
    )
