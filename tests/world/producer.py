"""A producer of orders that waits for its replies."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

GOOD: dict[str, object] = {"service": 7, "link": "https://example.com/p/1", "quantity": 10}


class Producer:
    """Publishes requests and keeps every reply, by message id, in order of arrival."""

    def __init__(self, channel: AbstractChannel, namespace: str) -> None:
        self._channel = channel
        self._namespace = namespace
        self.replies: dict[str, list[AbstractIncomingMessage]] = {}
        self._changed = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def connect(cls, url: str, namespace: str = "orders") -> AsyncIterator["Producer"]:
        """A producer on a connection of its own; the relay has declared the exchanges."""
        connection = await aio_pika.connect(url, timeout=10)
        async with connection:
            channel = await connection.channel(on_return_raises=True)
            producer = cls(channel, namespace)
            queue = await channel.declare_queue("", exclusive=True)
            await queue.bind(f"{namespace}.replies", "#")
            await queue.consume(producer._keep, no_ack=True)
            yield producer

    async def send(self, message_id: str | None, body: object = GOOD, **properties: Any) -> None:
        """Publish one request and wait for its confirm."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        exchange = await self._channel.get_exchange(self._namespace, ensure=False)
        message = aio_pika.Message(data, message_id=message_id, delivery_mode=2, **properties)
        await exchange.publish(message, "order.request", timeout=10)

    async def reply(
        self, message_id: str, *, number: int = 1, timeout_seconds: float = 50.0
    ) -> dict[str, Any]:
        """The body of the first, second, ... reply for `message_id`."""
        async with asyncio.timeout(timeout_seconds):
            while len(self.replies.get(message_id, [])) < number:
                await self._changed.wait()
        body: dict[str, Any] = json.loads(self.replies[message_id][number - 1].body)
        return body

    async def _keep(self, message: AbstractIncomingMessage) -> None:
        self.replies.setdefault(message.message_id or "", []).append(message)
        self._changed.set()
        self._changed = asyncio.Event()
