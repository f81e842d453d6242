"""All messages of a queue, held at once: to look at them, or to take some of them out.

A quorum queue gives back what was held in front of what waits. So only who held all of them leaves
the order as it was, and two who look at once would each see a part: each waits until it is alone.
Consumers that ask to be exclusive do not help, since quorum queues ignore it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Generic

from aio_pika.abc import AbstractConnection
from aiormq import spec
from aiormq.abc import AbstractChannel, DeliveredMessage

from service.core.backoff import full_jitter
from service.core.depths import Left, left
from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker
from service.edges.amqp.connection import Session
from service.edges.amqp.declare import open_channel
from service.edges.amqp.held import (
    RPC_TIMEOUT_SECONDS,
    Held,
    Keep,
    Kept,
    SharedQueueError,
)
from service.flow.events.labels import LostCause

TAG = "order-relay"
A_CHANNEL = 4_096
"""The broker reads a channel's part before it sends any of it, and we read one while it reads the
next: two of them are what it has in its memory for us."""
MOST_A_CHANNEL = 65_535
"""The largest prefetch; with 0 a quorum queue stops at 2,000."""
CHANNELS = 16
"""From so many on the parts are larger: a broker may allow few, and each is closed alone."""
SILENCE_SECONDS = 0.25
WAIT_FOR_OTHERS_SECONDS = 60.0
PAUSE_SECONDS = 0.5
QUESTIONS_BEHIND_ACKS = 20
MOST_UNTOLD = 60


class _NotAloneError(Exception):
    """Another one reads the same queue."""


@dataclass(slots=True)
class _Part(Generic[Kept]):
    """What one channel holds, and what is kept of it."""

    channel: AbstractChannel
    count: int = 0
    kept: list[Kept] = field(default_factory=list)


class WholeQueue:
    """One queue, to be held as a whole, again and again."""

    def __init__(
        self,
        broker: Broker,
        queue: str,
        *,
        random: Callable[[], float],
        a_channel: int = A_CHANNEL,
        patience_seconds: float = WAIT_FOR_OTHERS_SECONDS,
    ) -> None:
        self._broker = broker
        self._queue = queue
        self._random = random
        self._a_channel = a_channel
        self._patience_seconds = patience_seconds
        # Without a handler Python prints the library's tracebacks beside our lines.
        logging.getLogger("aiormq").addHandler(logging.NullHandler())

    @asynccontextmanager
    async def held(self, keep: Keep[Kept], name: str) -> AsyncIterator[Held[Kept]]:
        """Hold all that is ready, and what `keep` makes of each of them.

        What was not acked in the block is given back after it. Raises SharedQueueError,
        BrokerUnreachableError, SessionBrokenError and what aiormq raises on a broken connection.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience_seconds
        while True:
            connection, _ = await self._broker.connect(name)
            try:
                held = await self._take(connection, keep)
                if held is not None:
                    yield held
                    await self._give_back(held)
                    return
            finally:
                await brokers.close(connection)
            if loop.time() > until:
                raise SharedQueueError(
                    f"others read {self._queue}, too: wait until they end, or see who they are "
                    f"with `rabbitmqctl list_consumers`"
                )
            await asyncio.sleep(full_jitter(PAUSE_SECONDS, self._random()) + 0.05)

    async def _take(self, connection: AbstractConnection, keep: Keep[Kept]) -> Held[Kept] | None:
        """Hold all; None where another one reads, too."""
        session = Session()
        session.watch(brokers.underlay(connection))
        held = Held[Kept](session, self._queue)
        asked = await open_channel(connection)
        ready, consumers = await self._look(asked)
        await asked.close()
        if consumers:
            return None
        part = min(MOST_A_CHANNEL, max(self._a_channel, ready // CHANNELS))
        try:
            await self._fill(connection, held, keep, ready, part)
        except _NotAloneError:
            return None
        return held

    async def _fill(
        self,
        connection: AbstractConnection,
        held: Held[Kept],
        keep: Keep[Kept],
        ready: int,
        part: int,
    ) -> None:
        """Consume until the queue is empty, on a channel more whenever one has its part."""
        arrived, parts = asyncio.Event(), list[_Part[Kept]]()
        while held.count >= len(parts) * part:
            parts.append(await self._consume(connection, held, keep, arrived, part))
            # With its consumer a channel has its part: the broker reads the next one meanwhile.
            while len(parts) * part < ready:
                parts.append(await self._consume(connection, held, keep, arrived, part))
                await self._until_empty(held, arrived, ready, (len(parts) - 1) * part)
            await self._until_empty(held, arrived, ready, len(parts) * part)
        for each in parts:
            # Cancelled, it keeps what it holds, and takes nothing that another channel gives back.
            await each.channel.basic_cancel(TAG, timeout=RPC_TIMEOUT_SECONDS)
        if any(each.count != part for each in parts[:-1]):
            # Another one had something of it, and gave it back behind what came later.
            raise _NotAloneError
        held.kept = [one for each in parts for one in each.kept]

    async def _consume(
        self,
        connection: AbstractConnection,
        held: Held[Kept],
        keep: Keep[Kept],
        arrived: asyncio.Event,
        most: int,
    ) -> "_Part[Kept]":
        """Consume at most so many on a channel of their own."""
        session, channel = held.session, await open_channel(connection)
        held.channels.append(channel)
        session.watch_channel(channel)
        part = _Part[Kept](channel)

        def on_message(delivered: DeliveredMessage) -> None:
            part.count += 1
            held.count += 1
            if (kept := keep(held.delivery_of(delivered, channel))) is not None:
                part.kept.append(kept)
            arrived.set()

        async def by_aiormq(delivered: DeliveredMessage) -> None:
            # What is odd does not pass it by.
            on_message(delivered)

        def on_cancel(_: spec.Basic.Cancel) -> None:
            session.break_(LostCause.CONSUMER_CANCELLED, "the broker cancelled the consumer")

        channel.on_consumer_cancel_callbacks.add(on_cancel)
        await channel.basic_qos(prefetch_count=most, timeout=RPC_TIMEOUT_SECONDS)
        brokers.direct(connection).consume(channel, TAG, on_message)
        await channel.basic_consume(
            self._queue, by_aiormq, consumer_tag=TAG, timeout=RPC_TIMEOUT_SECONDS
        )
        return part

    async def _until_empty(
        self,
        held: Held[Kept],
        arrived: asyncio.Event,
        ready: int,
        full_at: int,
    ) -> None:
        """Wait until nothing more comes, or so many are held."""
        empty, untold = False, 0
        while held.alive and not empty and held.count < full_at:
            arrived.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(0 if held.count >= ready else SILENCE_SECONDS):
                    await arrived.wait()
            if not arrived.is_set():
                # In one answer: what others hold or give back is nowhere else to be seen.
                said = left(*await self._look(held.channels[-1]), len(held.channels))
                untold = untold + 1 if said is Left.UNTOLD else 0
                if said is Left.OTHERS_TAKE:
                    raise _NotAloneError
                if untold > MOST_UNTOLD:
                    raise TimeoutError("the queue's leader does not answer")
                empty = said is Left.NONE and not arrived.is_set()
        if not held.alive:
            raise held.session.broken.result()

    async def _look(self, channel: AbstractChannel) -> tuple[int, int]:
        found = await channel.queue_declare(self._queue, passive=True, timeout=RPC_TIMEOUT_SECONDS)
        return found.message_count or 0, found.consumer_count or 0

    async def _give_back(self, held: Held[Kept]) -> None:
        """Behind all acks, channel by channel, in the order in which they were filled."""
        if not held.alive:
            raise held.session.broken.result()
        for channel in held.channels:
            # The queue applies 32 acks at a time, and loses the rest when the channel ends:
            # questions that it must answer give it the time.
            for _ in range(QUESTIONS_BEHIND_ACKS if held.acked else 0):
                await self._look(channel)
        # The queue learns of a closed channel later than we do, and of two in any order.
        for still in range(len(held.channels) - 1, 0, -1):
            await held.channels[-still - 1].close()
            await self._until_consumers(held.channels[-1], still)

    async def _until_consumers(self, channel: AbstractChannel, most: int) -> None:
        async with asyncio.timeout(RPC_TIMEOUT_SECONDS):
            while (await self._look(channel))[1] > most:
                pass
