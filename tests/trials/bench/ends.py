"""Both ends of a side: orders in, replies kept by the broker until they are read and checked."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Self

import aio_pika
from aiormq.abc import AbstractChannel, DeliveredMessage
from pamqp.common import FieldTable

from tests.trials.bench.promises import Reply, broken
from tests.world.broker import BrokerError, Queue, VirtualHost
from tests.world.load import Order, Producer, new_orders, until

REPLIES = "bench.replies"
ANSWER_SECONDS = 300.0
SETTLE_SECONDS = 10.0
POLL_SECONDS = 0.01

_NUMBERS = count()

Arrived = list[tuple[float, Reply]]


def fresh(orders: int) -> list[Order]:
    """Orders with request_ids that no other call of this gave."""
    return list(new_orders(f"bench-{next(_NUMBERS)}", orders))


class Ends:
    """Replies wait in a queue, so that nobody reads them while it is measured."""

    def __init__(self, host: VirtualHost, producer: Producer, channel: AbstractChannel) -> None:
        self.host = host
        self.producer = producer
        self.channel = channel

    @classmethod
    @asynccontextmanager
    async def connect(cls, host: VirtualHost) -> AsyncIterator[Self]:
        """On a topology that stands."""
        connection = await aio_pika.connect(host.url, timeout=30)
        async with connection, Producer.connect(host.url) as producer:
            outer = await connection.channel()
            channel = await outer.get_underlay_channel()
            kind: FieldTable = {"x-queue-type": "quorum"}
            await channel.queue_declare(REPLIES, durable=True, arguments=kind)
            await channel.queue_bind(REPLIES, "orders.replies", "#")
            yield cls(host, producer, channel)

    async def replied(self) -> int:
        """How many replies wait."""
        declared = await self.channel.queue_declare(REPLIES, passive=True)
        return declared.message_count or 0

    async def until_replied(self, orders: int) -> None:
        """Returns when so many replies wait."""

        async def there() -> bool:
            return await self.replied() >= orders

        what = f"{orders} orders are answered"
        await until(there, what, timeout_seconds=ANSWER_SECONDS, poll_seconds=POLL_SECONDS)

    @asynccontextmanager
    async def arriving(self) -> AsyncIterator[Arrived]:
        """The replies, with when each came (monotonic seconds), while the block runs."""
        arrived: Arrived = []

        async def take(message: DeliveredMessage) -> None:
            at, body = time.monotonic(), json.loads(message.body)
            persistent = message.header.properties.delivery_mode == 2
            arrived.append((at, Reply(body["request_id"], body["status"], persistent)))

        consumed = await self.channel.basic_consume(REPLIES, take, no_ack=True)
        yield arrived
        await self.channel.basic_cancel(consumed.consumer_tag or "")

    async def check(
        self,
        orders: Iterable[str],
        arrived: Arrived | None = None,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        """AssertionError where a promise to these orders was broken; takes the replies away."""
        replies = await self._waiting() if arrived is None else arrived
        wrong = broken(orders, [reply for _, reply in replies], await self._left(settle_seconds))
        if wrong:
            raise AssertionError("; ".join(wrong))

    async def _waiting(self) -> Arrived:
        waiting = await self.replied()
        async with self.arriving() as arrived:
            await enough(arrived, waiting)
        return arrived

    async def _left(self, settle_seconds: float) -> dict[str, int]:
        """What is in the queues besides the replies, once the last acks had time to arrive."""
        try:
            await self.host.until(lambda queues: not left(queues), timeout_seconds=settle_seconds)
        except BrokerError:
            return left(await asyncio.to_thread(self.host.queues))
        return {}


def left(queues: Mapping[str, Queue]) -> dict[str, int]:
    """The orders that are anywhere, unacknowledged ones included."""
    return dict(_orders(queues.values()))


def _orders(queues: Iterable[Queue]) -> Iterator[tuple[str, int]]:
    for queue in queues:
        # The stream is what relays tell each other; it keeps what it has told.
        if queue.messages and queue.type != "stream" and queue.name != REPLIES:
            yield queue.name, queue.messages


async def enough(arrived: Arrived, orders: int) -> None:
    """Returns when so many have come; TimeoutError after a long time."""

    async def there() -> bool:
        return len(arrived) >= orders

    await until(there, f"{orders} replies come", timeout_seconds=ANSWER_SECONDS)
