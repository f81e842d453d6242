"""The producers of a run: they keep sending whatever happens, and note what was confirmed."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Self

import aio_pika
from aio_pika.abc import AbstractConnection
from aiormq import spec
from aiormq.abc import AbstractChannel

from service.edges.amqp.broker import underlay
from tests.trials.chaos.amqp import AGAIN_SECONDS, AMQP_FAILURES
from tests.trials.chaos.history import Sent
from tests.trials.chaos.plan import PlannedOrder
from tests.trials.chaos.scenario import Load
from tests.world.load.waiting import until

CONNECT_SECONDS = 5.0
PUBLISH_SECONDS = 60.0
BACKLOG_SECONDS = 1_800.0
MOST_IN_FLIGHT = 200
DEADLINE = "x-order-relay-deadline"


class Producer:
    """A connection to the broker that is made anew when it is lost."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = urls
        self._next = 0
        self._connecting = asyncio.Lock()
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._drop()

    async def channel(self) -> AbstractChannel:
        """An open channel with confirms, as soon as there is one."""
        async with self._connecting:
            while self._channel is None or not self._open():
                await self._drop()
                try:
                    await self._connect()
                except AMQP_FAILURES:
                    self._next += 1
                    await asyncio.sleep(AGAIN_SECONDS)
            return self._channel

    def _open(self) -> bool:
        if self._channel is None or self._connection is None:
            return False
        return not (self._channel.closing.done() or underlay(self._connection).closing.done())

    def give_up(self, channel: AbstractChannel) -> None:
        """What is unconfirmed on it may still land: nothing may follow it there."""
        if channel is self._channel:
            self._channel = None

    async def _connect(self) -> None:
        url = self._urls[self._next % len(self._urls)]
        self._connection = await aio_pika.connect(url, timeout=CONNECT_SECONDS)
        async with asyncio.timeout(CONNECT_SECONDS):
            outer = await self._connection.channel(on_return_raises=True)
            self._outer = outer
            self._channel = await outer.get_underlay_channel()

    async def _drop(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            with suppress(*AMQP_FAILURES):
                await asyncio.wait_for(connection.close(), CONNECT_SECONDS)


class Sending:
    """All orders of a run on their way to the broker, and what became of each publish."""

    def __init__(self, producers: Sequence[Producer], load: Load, may_send: asyncio.Event) -> None:
        self.sent: list[Sent] = []
        self.confirmed_ids: set[str] = set()
        self.begun = 0
        self._producers = producers
        self._load = load
        self._may_send = may_send
        self._slots = asyncio.Semaphore(MOST_IN_FLIGHT)

    async def send_all(self, orders: Iterable[PlannedOrder], answered: Callable[[], int]) -> None:
        """Sends at the load's rate, as long as the backlog allows; returns after the last twin.

        Who has fallen behind catches up as fast as the broker confirms.
        """

        async def may_grow() -> bool:
            return len(self.confirmed_ids) - answered() <= self._load.backlog

        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number, order in enumerate(orders):
                due = began + number / self._load.rate_per_second
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                what = "the backlog is small"
                await until(may_grow, what, timeout_seconds=BACKLOG_SECONDS, poll_seconds=0.1)
                await self._may_send.wait()
                # Before the task: else a stopped broker would let all the rest become tasks.
                await self._slots.acquire()
                self.begun += 1
                first = self._producers[number % len(self._producers)]
                group.create_task(self._send(first, order))
                if order.twin_after_seconds is not None:
                    # By another connection: two of one id unconfirmed on one channel are mixed up.
                    other = self._producers[(number + 1) % len(self._producers)]
                    group.create_task(self._send_twin(other, order, order.twin_after_seconds))

    async def _send_twin(self, producer: Producer, order: PlannedOrder, after: float) -> None:
        await asyncio.sleep(after)
        await self._may_send.wait()
        await self._slots.acquire()
        await self._send(producer, order)

    async def _send(self, producer: Producer, order: PlannedOrder) -> None:
        try:
            channel = await producer.channel()
            began_at = time.time()
            deadline = None
            if order.deadline_after_seconds is not None:
                # A whole second, as the header can say it.
                deadline = float(int(began_at + order.deadline_after_seconds))
            confirmed = await _publish(channel, order, deadline)
            confirmed_at = time.time() if confirmed else None
            if not confirmed:
                producer.give_up(channel)
        finally:
            self._slots.release()
        self.sent.append(Sent(order.request_id, order.body, began_at, confirmed_at, deadline))
        if confirmed:
            self.confirmed_ids.add(order.request_id)


async def _publish(channel: AbstractChannel, order: PlannedOrder, deadline: float | None) -> bool:
    properties = spec.Basic.Properties(
        message_id=order.request_id,
        reply_to=order.reply_to,
        content_type="application/json",
        delivery_mode=2,
        headers=None if deadline is None else {DEADLINE: int(deadline)},
    )
    try:
        await channel.basic_publish(
            order.body.encode(),
            exchange="orders",
            routing_key="order.request",
            properties=properties,
            mandatory=True,
            timeout=PUBLISH_SECONDS,
        )
    except Exception:  # noqa: BLE001 - aiormq fails some publishes of a lost connection with just that
        return False
    return True
