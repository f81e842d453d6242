"""Both ends of a side: orders in, replies kept by the broker until they are read and checked."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Self

import aio_pika
from aiormq.abc import AbstractChannel, DeliveredMessage
from pamqp.commands import Queue

from tests.trials.bench.promises import Reply, broken
from tests.world.broker import BrokerError, VirtualHost
from tests.world.load import Order, Producer, new_orders, until
from tests.world.load.processes import Process

REPLIES, REQUESTS = "bench.replies", "orders.requests"
ANSWER_SECONDS = 300.0
LOOK_SECONDS = 0.5
ACK_SECONDS = 15.0
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
        await host.declare(REPLIES)
        connection = await aio_pika.connect(host.url, timeout=30)
        async with connection, Producer.connect(host.url) as producer:
            outer = await connection.channel()
            channel = await outer.get_underlay_channel()
            await channel.queue_bind(REPLIES, "orders.replies", "#")
            yield cls(host, producer, channel)

    async def replied(self) -> int:
        """How many replies wait."""
        return (await self._queue(REPLIES)).message_count or 0

    async def until_replied(self, orders: int, processes: Sequence[Process]) -> None:
        """Returns when so many replies wait; ProcessFailedError when a process has ended."""

        async def there() -> bool:
            for one in processes:
                one.check()
            return await self.replied() >= orders

        what = f"{orders} orders are answered"
        await until(there, what, timeout_seconds=ANSWER_SECONDS, poll_seconds=POLL_SECONDS)

    @asynccontextmanager
    async def arriving(self) -> AsyncIterator[Arrived]:
        """The replies, with when each came (monotonic seconds), while the block runs."""
        arrived: Arrived = []

        async def take(message: DeliveredMessage) -> None:
            at, properties = time.monotonic(), message.header.properties
            # A message of one hop only is an order still, and has no status.
            status = json.loads(message.body).get("status", "")
            persistent = properties.delivery_mode == 2
            arrived.append((at, Reply(properties.message_id or "", status, persistent)))

        consumed = await self.channel.basic_consume(REPLIES, take, no_ack=True)
        yield arrived
        await self.channel.basic_cancel(consumed.consumer_tag or "")

    async def check(self, orders: Iterable[str], arrived: Arrived | None = None) -> None:
        """AssertionError where these orders are not answered as promised; takes the replies."""
        replies = await self._waiting() if arrived is None else arrived
        _raise(broken(orders, [reply for _, reply in replies], {}))

    async def acked(self) -> None:
        """Returns when the last acks, which follow the last replies, had their time."""
        # The broker's counts are those of its last look at the queue.
        await asyncio.sleep(LOOK_SECONDS)
        with suppress(BrokerError):
            await self.host.until(
                lambda queues: not queues[REQUESTS].messages, timeout_seconds=ACK_SECONDS
            )

    async def nothing_left(self) -> None:
        """AssertionError where an order is in any queue; the consumers must be gone."""
        _raise(broken([], [], await self.left()))

    async def left(self) -> dict[str, int]:
        """The orders in all queues; what was not acked is back when its consumer is gone."""

        async def alone() -> bool:
            return not (await self._queue(REQUESTS)).consumer_count

        await until(alone, "the consumers are gone")
        # The stream is what relays tell each other; it keeps what it has told.
        queues = (await asyncio.to_thread(self.host.queues)).values()
        names = [one.name for one in queues if one.type != "stream" and one.name != REPLIES]
        counts = {name: (await self._queue(name)).message_count or 0 for name in names}
        return {name: number for name, number in counts.items() if number}

    async def _queue(self, name: str) -> Queue.DeclareOk:
        return await self.channel.queue_declare(name, passive=True)

    async def _waiting(self) -> Arrived:
        waiting = await self.replied()
        async with self.arriving() as arrived:
            await enough(arrived, waiting)
        return arrived


def _raise(wrong: tuple[str, ...]) -> None:
    if wrong:
        raise AssertionError("; ".join(wrong))


async def enough(arrived: Arrived, orders: int) -> None:
    """Returns when so many have come; TimeoutError after a long time."""

    async def there() -> bool:
        return len(arrived) >= orders

    await until(there, f"{orders} replies come", timeout_seconds=ANSWER_SECONDS)
