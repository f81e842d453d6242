"""What there is at one broker, and what the user may do there; looked at without effect."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.core.topology import Topology
from service.edges.amqp import broker as brokers
from service.edges.amqp import declare, rights
from service.edges.amqp.broker import Broker
from service.edges.amqp.one_off import keep_quiet


@dataclass(frozen=True, slots=True)
class Examined:
    """What was seen; `lacks` are rights that orders need, `configures` those to declare."""

    address: str
    version: str
    topology: declare.Look
    lacks: Sequence[rights.Right]
    lacks_to_share: Sequence[rights.Right]
    configures: Sequence[rights.Right]


async def examine(broker: Broker, topology: Topology, *, declares: bool) -> Examined:
    """Look at the broker; BrokerUnreachableError where it cannot be connected to.

    One that `declares` the topology needs the rights to do so as well.
    """
    keep_quiet()
    connection, address = await broker.connect("doctor")
    try:
        properties = brokers.underlay(connection).server_properties
        seen = await declare.look(connection, topology, compare=True)
        needed = (*rights.to_publish(topology), *rights.to_consume(topology))
        declaring = rights.to_declare(topology)
        refused = await rights.refused(connection, declaring)
        return Examined(
            address,
            str(properties.get("version", "unknown")),
            seen,
            [*await rights.refused(connection, needed), *(refused if declares else ())],
            await rights.refused(connection, rights.to_share(topology)),
            [
                right
                for right in declaring
                if right.access is rights.Access.CONFIGURE and right not in refused
            ],
        )
    finally:
        await brokers.close(connection)
