"""The producer's side: orders out, replies in, and what arrives where a person must look."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage

from tests.demo.raw_mail import send_raw
from tests.demo.scenario import REQUEST_KEY, Message

CONNECT_SECONDS = 10.0
CONFIRM_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as it arrived, at a monotonic time."""

    key: str
    routing_key: str
    message_id: str | None
    type: str | None
    body: dict[str, Any]
    arrived: float
    unrouted: bool

    @property
    def status(self) -> str:
        """What became of the order."""
        return str(self.body.get("status"))

    @property
    def code(self) -> str:
        """Why it was not accepted."""
        return str(self.body.get("error", {}).get("code", ""))

    @property
    def order(self) -> str:
        """The order id of an accepted one."""
        return str(self.body.get("order", ""))


@dataclass
class Mail:
    """A connection to the broker, and everything that came back over it."""

    url: str
    channel: AbstractChannel
    requests: AbstractExchange
    sent: dict[str, float] = field(default_factory=dict)
    replies: asyncio.Queue[Reply] = field(default_factory=asyncio.Queue)

    async def send(self, message: Message) -> None:
        """Publishes one message; returns when the broker has it."""
        self.sent[message.key] = time.monotonic()
        # aio-pika refuses the one, and makes up an id for the other.
        if message.undecodable_header or message.message_id is None:
            await asyncio.to_thread(send_raw, self.url, message)
            return
        content = aio_pika.Message(
            message.body,
            message_id=message.message_id,
            correlation_id=message.correlation_id,
            reply_to=message.reply_to,
            content_type=message.content_type,
            headers=dict(message.headers),
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        await self.requests.publish(content, REQUEST_KEY, timeout=CONFIRM_SECONDS)

    async def next_reply(self, seconds: float) -> Reply | None:
        """The next one that arrives within the time."""
        try:
            async with asyncio.timeout(seconds):
                return await self.replies.get()
        except TimeoutError:
            return None

    async def listen(self, *keys: str) -> None:
        """From now on replies with these routing keys arrive."""
        inbox = await self.channel.declare_queue(exclusive=True)
        for key in keys:
            await inbox.bind("orders.replies", key)
        await inbox.consume(self._on_reply, no_ack=True)

    async def listen_to_unrouted(self) -> None:
        """From now on replies that nobody is bound for arrive, too."""
        unrouted = await self.channel.get_queue("orders.unrouted", ensure=False)
        # Not acked: what a person must look at stays in its queue.
        await unrouted.consume(self._on_unrouted)

    async def _on_reply(self, message: AbstractIncomingMessage) -> None:
        self.replies.put_nowait(_reply(message, unrouted=False))

    async def _on_unrouted(self, message: AbstractIncomingMessage) -> None:
        self.replies.put_nowait(_reply(message, unrouted=True))


@asynccontextmanager
async def mail(url: str, *keys: str) -> AsyncIterator[Mail]:
    """A producer's connection that listens to replies with these routing keys already."""
    connection = await aio_pika.connect(url, timeout=CONNECT_SECONDS)
    async with connection:
        channel = await connection.channel(on_return_raises=True)
        requests = await channel.get_exchange("orders", ensure=False)
        opened = Mail(url, channel, requests)
        await opened.listen(*keys)
        yield opened


def _reply(message: AbstractIncomingMessage, *, unrouted: bool) -> Reply:
    routing_key = message.routing_key or ""
    return Reply(
        key=message.correlation_id or routing_key,
        routing_key=routing_key,
        message_id=message.message_id,
        type=message.type,
        body=json.loads(message.body),
        arrived=time.monotonic(),
        unrouted=unrouted,
    )
