"""The replies to all orders of a virtual host, counted as they arrive."""

import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

import aio_pika
from aiormq.abc import AbstractChannel, DeliveredMessage

from tests.world.standin.signals import Signals

CONNECT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What the first reply to an order said, and when it came (monotonic seconds)."""

    status: str
    order: str | None
    arrived_at: float


class Replies:
    """The first reply to each order, and how many more came for it."""

    def __init__(self) -> None:
        self.by_id: dict[str, Reply] = {}
        self.repeated: Counter[str] = Counter()
        self.signals = Signals()

    @classmethod
    @asynccontextmanager
    async def collect(cls, url: str) -> AsyncIterator[Self]:
        """Collects from a queue bound to the replies exchange, which must exist."""
        connection = await aio_pika.connect(url, timeout=CONNECT_SECONDS)
        async with connection:
            outer = await connection.channel(publisher_confirms=False)
            channel = await outer.get_underlay_channel()
            replies = cls()
            await replies.listen(channel)
            yield replies

    async def listen(self, channel: AbstractChannel) -> None:
        """Consumes every reply from now on."""
        declared = await channel.queue_declare(exclusive=True, auto_delete=True)
        queue = declared.queue or ""
        await channel.queue_bind(queue, "orders.replies", "#")
        await channel.basic_consume(queue, self.take, no_ack=True)

    def __len__(self) -> int:
        return len(self.by_id)

    async def until(
        self, holds: Callable[[], bool], what: str, *, timeout_seconds: float = 60.0
    ) -> None:
        """Returns in the step that makes the condition true; AssertionError when time is over."""
        await self.signals.wait_for(holds, lambda: f"{what}; {len(self)} replied", timeout_seconds)

    async def of(self, request_id: str, *, timeout_seconds: float = 60.0) -> Reply:
        """The reply to an order, as soon as it is there."""
        await self.until(
            lambda: request_id in self.by_id,
            f"no reply to {request_id}",
            timeout_seconds=timeout_seconds,
        )
        return self.by_id[request_id]

    async def take(self, message: DeliveredMessage) -> None:
        """Files a reply, and wakes who waits for it."""
        arrived_at = time.monotonic()
        body = json.loads(message.body)
        request_id = str(body["request_id"])
        if request_id in self.by_id:
            self.repeated[request_id] += 1
        else:
            self.by_id[request_id] = Reply(body["status"], body.get("order"), arrived_at)
        self.signals.changed()
