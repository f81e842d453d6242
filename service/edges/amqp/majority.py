"""Whether a node is with the majority of its cluster: a node that is cut off confirms no stream.

Nothing else shows it to a relay without orders: such a node keeps connections up, answers what is
asked of it, and confirms what it can throw away. The replicas' stream is there, and forgets.

It is asked on a connection of its own, to the same URL: where the stream's coordinator is away the
broker ends the whole connection for it (506, or 541), and with it whatever is unconfirmed there.
"""

import asyncio
from enum import Enum, auto

from aio_pika.abc import AbstractConnection
from aiormq import spec
from aiormq.exceptions import (
    AMQPChannelError,
    ConnectionInternalError,
    ConnectionResourceError,
    DeliveryError,
    PublishError,
)

from service.core.topology import Topology
from service.edges.amqp import broker as brokers
from service.edges.amqp.alarm import Alarm
from service.edges.amqp.broker import Broker
from service.flow.cancellation import is_ours
from service.flow.events.labels import ConnectionName

CONNECTION_NAME = "majority"
BODY = b""
"""Nothing that a replica says: those who read the stream pass it over."""


class Heard(Enum):
    """What came of the question; `UNKNOWN` where there is no stream, or no connection to ask on."""

    CONFIRMED = auto()
    SILENT = auto()
    UNKNOWN = auto()


class Majority:
    """What is published to see whether the other nodes are there."""

    def __init__(self, broker: Broker, topology: Topology, within_seconds: float) -> None:
        self._broker = broker
        self._exchange = topology.peers
        self._within_seconds = within_seconds
        self._connection: AbstractConnection | None = None

    async def ask(self) -> Heard:
        """What is heard from where the publishing connection is."""
        try:
            if self._connection is None:
                beside = self._broker.beside(ConnectionName.PUBLISH, CONNECTION_NAME)
                self._connection = await beside
            async with asyncio.timeout(self._within_seconds):
                return await self._publish(self._connection)
        except TimeoutError:
            heard = await self._silent()
        except (ConnectionResourceError, ConnectionInternalError):
            # A node that is cut off may say so at once: with 506 on 3.10, with 541 on 4.0.
            heard = Heard.SILENT
        except (Exception, asyncio.CancelledError) as error:
            if is_ours(error):
                raise
            # Without a connection nothing is known; the publishing one has troubles of its own.
            heard = Heard.UNKNOWN
        await self.close()
        return heard

    async def close(self) -> None:
        """Close its connection; the next question opens another."""
        if (connection := self._connection) is not None:
            self._connection = None
            await brokers.close(connection)

    async def _publish(self, connection: AbstractConnection) -> Heard:
        # A new channel for each: one that has met a leader may keep to it when it is none any more.
        channel = await brokers.underlay(connection).channel(
            publisher_confirms=True, on_return_raises=True
        )
        properties, heard = spec.Basic.Properties(app_id="order-relay"), Heard.CONFIRMED
        try:
            await channel.basic_publish(
                BODY, exchange=self._exchange, properties=properties, mandatory=True
            )
        except AMQPChannelError:
            return Heard.UNKNOWN
        except PublishError:
            heard = Heard.UNKNOWN
        except DeliveryError:
            heard = Heard.SILENT
        await channel.close()
        return heard

    async def _silent(self) -> Heard:
        if self._connection is None:
            return Heard.UNKNOWN
        # Blocked by an alarm: that is found out on the publishing connection.
        blocked = await Alarm(brokers.underlay(self._connection)).sounds()
        return Heard.UNKNOWN if blocked else Heard.SILENT
