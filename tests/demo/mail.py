"""The producer's side: orders out, replies in, and what arrives where a person must look."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from pamqp import decode

from tests.demo.processes import DemoError
from tests.demo.scenario import REQUEST_KEY, Message
from tests.world.broker import wire
from tests.world.broker.raw import Confirm, RawPublisher

CONNECT_SECONDS = 10.0
PARKED = b"orders.parked"
NOT_UTF_8 = (b"caf\xe9", wire.text_field(b"latin-1"))
REASON = "x-order-relay-parked-reason"


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


@dataclass(frozen=True, slots=True)
class Parked:
    """A copy of a message that waits for a person, and why it does."""

    name: str
    why: str


@dataclass
class Mail:
    """A connection to the broker, and everything that came back over it."""

    url: str
    channel: AbstractChannel
    sent: dict[str, float] = field(default_factory=dict)
    replies: asyncio.Queue[Reply] = field(default_factory=asyncio.Queue)

    async def send(self, message: Message) -> None:
        """Publishes one message; returns when the broker has it."""
        self.sent[message.key] = time.monotonic()
        # Raw: aio-pika gives a message an id that has none, and refuses what is not UTF-8.
        await asyncio.to_thread(_send_raw, self.url, message)

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
        await unrouted.consume(partial(self._on_reply, unrouted=True))

    async def _on_reply(self, message: AbstractIncomingMessage, *, unrouted: bool = False) -> None:
        routing_key = message.routing_key or ""
        reply = Reply(
            key=message.correlation_id or routing_key,
            routing_key=routing_key,
            message_id=message.message_id,
            type=message.type,
            body=json.loads(message.body),
            arrived=time.monotonic(),
            unrouted=unrouted,
        )
        self.replies.put_nowait(reply)


@asynccontextmanager
async def mail(url: str, *keys: str) -> AsyncIterator[Mail]:
    """A producer's connection that listens to replies with these routing keys already."""
    connection = await aio_pika.connect(url, timeout=CONNECT_SECONDS)
    async with connection:
        opened = Mail(url, await connection.channel())
        await opened.listen(*keys)
        yield opened


def _send_raw(url: str, message: Message) -> None:
    texts = {
        "message_id": message.message_id,
        "correlation_id": message.correlation_id,
        "reply_to": message.reply_to,
        "content_type": message.content_type,
    }
    properties: dict[str, wire.Raw] = {k: v.encode() for k, v in texts.items() if v is not None}
    pairs = [(name.encode(), _field(value)) for name, value in message.headers.items()]
    headers = wire.table([*pairs, *([NOT_UTF_8] if message.undecodable_header else [])])
    with RawPublisher(url) as publisher:
        confirm = publisher.publish(
            b"orders",
            REQUEST_KEY.encode(),
            properties | {"delivery_mode": 2},
            headers,
            message.body,
        )
    if confirm is not Confirm.ACK:
        error = f"the broker did not take {message.name}: {confirm.value}"
        raise DemoError(error)


def take_parked(url: str) -> list[Parked]:
    """All that lies in the parked queue now, taken out of it."""
    found = []
    with RawPublisher(url) as reader:
        while (message := reader.get(PARKED)) is not None:
            found.append(Parked(_name(message.properties), _why(message.properties)))
    return found


def _field(value: str | int) -> bytes:
    return wire.integer_field(value) if isinstance(value, int) else wire.text_field(value.encode())


def _name(properties: Mapping[str, wire.Raw]) -> str:
    for name in ("correlation_id", "reply_to", "message_id"):
        if isinstance(value := properties.get(name), bytes):
            return value.decode(errors="replace")
    return "?"


def _why(properties: Mapping[str, wire.Raw]) -> str:
    encoded = properties.get("headers", b"")
    try:
        headers = decode.field_table(encoded if isinstance(encoded, bytes) else b"")[1]
    except ValueError:
        return "cannot be read, so the broker moved it here as it was"
    return str(headers.get(REASON, "moved here by the broker"))
