"""How many messages wait in each queue, by passive declares, which change nothing."""

import asyncio
import logging

import aiormq.exceptions
from aio_pika.abc import AbstractConnection

from service.core.depths import Depth, Depths, Queues, Unreadable
from service.core.topology import Topology
from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker, BrokerUnreachableError
from service.edges.amqp.declare import open_channel

ANSWER_SECONDS = 5.0
CONNECTION_NAME = "top"


class QueueDepths:
    """Reads the depths again and again, on one connection that is made anew when it fails."""

    def __init__(self, broker: Broker, topology: Topology, name: str = CONNECTION_NAME) -> None:
        self._broker = broker
        self._name = name
        self._topology = topology
        self._connection: AbstractConnection | None = None
        # Without a handler Python prints the library's tracebacks over the view.
        logging.getLogger("aiormq").addHandler(logging.NullHandler())

    async def read(self) -> Queues:
        """The depths now, or why they cannot be read."""
        try:
            if self._connection is None:
                self._connection, _ = await self._broker.connect(self._name)
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._depths(self._connection)
        except BrokerUnreachableError as error:
            return Unreadable(str(error))
        except TimeoutError:
            await self.close()
            return Unreadable("the broker does not answer in time")
        except (aiormq.exceptions.AMQPError, RuntimeError, OSError) as error:
            await self.close()
            return Unreadable(f"{type(error).__name__} {error}".rstrip())

    async def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await brokers.close(connection)

    async def _depths(self, connection: AbstractConnection) -> Depths:
        prefix = f"{self._topology.namespace}."
        queues: dict[str, Depth | None] = {}
        channel = await open_channel(connection)
        for queue in self._topology.queues:
            try:
                found = await channel.queue_declare(queue.name, passive=True)
            except aiormq.exceptions.ChannelNotFoundEntity:
                queues[queue.name.removeprefix(prefix)] = None
                channel = await open_channel(connection)
            except aiormq.exceptions.ChannelAccessRefused:
                # From RabbitMQ 4.2.6 on a look needs some right: it may well be there.
                channel = await open_channel(connection)
            else:
                depth = Depth(found.message_count or 0, found.consumer_count or 0)
                queues[queue.name.removeprefix(prefix)] = depth
        await channel.close()
        return Depths(queues, brokers.version_of(connection))
