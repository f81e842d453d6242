"""A virtual host of a test's own, with a user that may do everything in it and nothing else."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from pamqp.common import FieldValue

from tests.world.broker.errors import BrokerError
from tests.world.broker.management import Queue
from tests.world.broker.node import RabbitNode
from tests.world.broker.trying import patiently

POLL_SECONDS = 0.05
WAIT_SECONDS = 50.0


@dataclass(frozen=True)
class VirtualHost:
    """Where one test declares, publishes and looks."""

    node: RabbitNode
    name: str
    user: str
    password: str

    @classmethod
    @contextmanager
    def fresh(
        cls, node: RabbitNode, *, removed: Callable[[], bool] = lambda: True
    ) -> Iterator["VirtualHost"]:
        """A new virtual host with its user; both are gone after, where they may be removed then."""
        name = f"test-{secrets.token_hex(6)}"
        host = cls(node=node, name=name, user=name, password=secrets.token_hex(16))
        node.add_vhost(name)
        try:
            node.add_user(host.user, host.password)
            node.set_permissions(host.user, name)
            yield host
        finally:
            if removed():
                node.delete_vhost(name)
                node.delete_user(host.user)

    @property
    def url(self) -> str:
        """The AMQP URL of the user in this virtual host."""
        return self.node.amqp_url(self.user, self.password, self.name)

    @property
    def amqps_url(self) -> str:
        """The same over TLS, on a node that has it."""
        return self.node.amqps_url(self.user, self.password, self.name)

    async def broker_version(self) -> str:
        """RabbitMQ's, as it says to each who connects."""
        connection = await aio_pika.connect(self.url, timeout=10)
        async with connection:
            assert connection.transport is not None
            return str(connection.transport.connection.server_properties["version"])

    def queues(self) -> dict[str, Queue]:
        """Every queue by its name, as it was a moment ago."""
        return self.node.queues(self.name)

    def close_connections(self, reason: str = "closed by a test") -> None:
        """Has the broker close every connection to this virtual host."""
        self.node.close_connections(reason, self.name)

    def set_permissions(
        self, *, configure: str = ".*", write: str = ".*", read: str = ".*"
    ) -> None:
        """Changes what the user may do here."""
        self.node.set_permissions(self.user, self.name, configure=configure, write=write, read=read)

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[AbstractChannel]:
        """A channel with confirms, on a connection of its own."""
        connection = await aio_pika.connect(self.url, timeout=10)
        async with connection:
            yield await connection.channel(on_return_raises=True)

    async def declare(self, queue: str, **arguments: FieldValue) -> None:
        """Declares a quorum queue; an argument `max_length=1` is `x-max-length`, and so on."""
        named = {f"x-{name.replace('_', '-')}": value for name, value in arguments.items()}
        arguments = {"x-queue-type": "quorum", **named}

        async def declared() -> None:
            async with self.channel() as channel:
                await channel.declare_queue(queue, durable=True, arguments=arguments)

        await patiently(declared)

    async def publish(
        self, body: bytes, *, exchange: str = "", routing_key: str, **properties: Any
    ) -> None:
        """Publishes one message and waits for its confirm; unroutable is an error."""
        async with self.channel() as channel:
            target = await channel.get_exchange(exchange, ensure=False)
            message = aio_pika.Message(body, **properties)
            await target.publish(message, routing_key, mandatory=True, timeout=10)

    async def get(
        self, queue: str, *, timeout_seconds: float = WAIT_SECONDS
    ) -> AbstractIncomingMessage:
        """The next message of a queue, acked, once there is one; BrokerError if none comes."""
        async with self.channel() as channel:
            await channel.set_qos(prefetch_count=1)
            source = await channel.get_queue(queue, ensure=False)
            arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
            tag = await source.consume(arrived.put)
            try:
                message = await asyncio.wait_for(arrived.get(), timeout_seconds)
            except TimeoutError:
                error = f"no message in {queue} within {timeout_seconds:g} s"
                raise BrokerError(error) from None
            # Acked before this, the next one would come and count as delivered once.
            await source.cancel(tag)
            await message.ack()
            return message

    async def drain(self, queue: str) -> list[AbstractIncomingMessage]:
        """All that is ready in a queue now, taken out of it, in its order."""
        async with self.channel() as channel:
            source = await channel.get_queue(queue, ensure=False)
            messages: list[AbstractIncomingMessage] = []
            while (message := await source.get(no_ack=True, fail=False)) is not None:
                messages.append(message)
            return messages

    async def ready(self, queue: str) -> int:
        """How many messages wait in a queue at this moment."""
        async with self.channel() as channel:
            declared = (await channel.declare_queue(queue, passive=True)).declaration_result
            return declared.message_count or 0

    async def until_ready(self, queue: str, count: int) -> None:
        """So many wait there: a queue learns later than we do that a connection is over."""
        ready = await self.ready(queue)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while ready != count:
                    await asyncio.sleep(POLL_SECONDS)
                    ready = await self.ready(queue)
        except TimeoutError:
            message = f"{ready} messages wait in {queue}, not {count}"
            raise BrokerError(message) from None

    async def until(
        self, holds: Callable[[dict[str, Queue]], bool], *, timeout_seconds: float = WAIT_SECONDS
    ) -> dict[str, Queue]:
        """The queues, as soon as the condition holds for them; BrokerError with what they were."""
        try:
            async with asyncio.timeout(timeout_seconds):
                while not holds(queues := await asyncio.to_thread(self.queues)):
                    await asyncio.sleep(POLL_SECONDS)
                return queues
        except TimeoutError:
            message = f"not within {timeout_seconds:g} s; the queues are {self.queues()}"
            raise BrokerError(message) from None
