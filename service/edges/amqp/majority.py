"""Whether a node is with the majority of its cluster: a node that is cut off confirms no stream.

Nothing else shows it to a relay without orders: such a node keeps connections up, answers what is
asked of it, and confirms what it can throw away. The replicas' stream is there, and forgets.
"""

from aio_pika.abc import AbstractConnection
from aiormq import spec
from aiormq.exceptions import AMQPChannelError, DeliveryError, PublishError

from service.core.topology import Topology
from service.edges.amqp.connection import SessionBrokenError
from service.edges.amqp.proof import confirming
from service.flow.events.labels import LostCause

BODY = b""
"""Nothing that a replica says: those who read the stream pass it over."""


class Majority:
    """What is published to see whether the other nodes are there."""

    def __init__(self, topology: Topology) -> None:
        self._exchange = topology.peers

    async def ask(self, connection: AbstractConnection) -> bool:
        """Return when the stream has confirmed it, however long that takes; False without one."""
        properties = spec.Basic.Properties(app_id="order-relay")
        try:
            async with confirming(connection) as channel:
                await channel.basic_publish(
                    BODY, exchange=self._exchange, properties=properties, mandatory=True
                )
        except (AMQPChannelError, PublishError):
            return False
        except DeliveryError:
            # A node that is cut off may say so at once.
            why = "the stream of the replicas refuses what is published"
            raise SessionBrokenError(LostCause.PUBLISH_TIMEOUT, why) from None
        return True
