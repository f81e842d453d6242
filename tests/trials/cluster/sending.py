"""A producer that goes on at another node when its own fails, and gives no order up."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import cycle

import aio_pika
import aiormq.exceptions
from aiormq.abc import DeliveredMessage
from pamqp.common import FieldTable

from tests.world.load import Order, Producer

PACE_SECONDS = 0.05
TRY_SECONDS = 20.0
FAILURES = (
    aiormq.exceptions.AMQPError,
    aio_pika.exceptions.AMQPError,
    aiormq.exceptions.ChannelInvalidStateError,
    OSError,
    TimeoutError,
)
COLLECTED = "collected"


class SteadyProducer:
    """Publishes one order after the other, each until it is confirmed by some node."""

    def __init__(self, urls: Sequence[str], orders: Iterator[Order]) -> None:
        self._urls = cycle(urls)
        self._orders = orders
        self._waiting: Order | None = None
        self.confirmed: list[str] = []

    async def run(self, stop: asyncio.Event) -> None:
        """Returns once `stop` is set and the order under way is confirmed."""
        while not stop.is_set() or self._waiting:
            with suppress(*FAILURES):
                async with Producer.connect(next(self._urls)) as producer:
                    await self._publish(producer, stop)

    async def _publish(self, producer: Producer, stop: asyncio.Event) -> None:
        while not stop.is_set() or self._waiting:
            self._waiting = self._waiting or next(self._orders)
            await asyncio.wait_for(producer.publish(self._waiting), TRY_SECONDS)
            self.confirmed.append(self._waiting.request_id)
            self._waiting = None
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), PACE_SECONDS)


async def keep_replies(url: str) -> None:
    """Makes a queue that every node has a copy of, and that gets every reply."""
    connection = await aio_pika.connect(url, timeout=TRY_SECONDS)
    async with connection:
        channel = await connection.channel()
        arguments: FieldTable = {"x-queue-type": "quorum"}
        queue = await channel.declare_queue(COLLECTED, durable=True, arguments=arguments)
        await queue.bind("orders.replies", "#")


async def take_replies(url: str, into: list[DeliveredMessage]) -> None:
    """Adds every reply that was not taken yet; one that is not added stays in its queue."""
    connection = await aio_pika.connect(url, timeout=TRY_SECONDS)
    async with connection:
        outer = await connection.channel()
        channel = await outer.get_underlay_channel()
        taken = []
        while (message := await channel.basic_get(COLLECTED)).delivery_tag:
            taken.append(message)
        if taken:
            await channel.basic_ack(taken[-1].delivery_tag or 0, multiple=True)
            # Its answer comes behind the ack: without it many replies would come again.
            await outer.close()
        into += taken
