"""Two brokers behind one face: the fake of the flow's tests, and the real edge.

What the conformance suite says of both, the flow's tests may believe of the fake.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service.core.message import Message, Publication, PublicationKind, Received
from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker
from service.edges.amqp.codec import to_properties, to_received
from service.flow.events.labels import ConnectionName
from service.flow.ports import Delivery, Published
from tests.edges.amqp.edge import Edge, Options, consuming
from tests.edges.amqp.proxied import through
from tests.flow.fakes import FakeBroker
from tests.world.broker.raw import Confirm, RawPublisher
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Proxy

QUEUES = {PublicationKind.REPLY: "orders.unrouted", PublicationKind.PARKED: "orders.parked"}


class FakeHarness:
    """The fake broker."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.broker = FakeBroker(self.log)
        self._deliveries: list[Delivery] = []
        self._sent = 0

    async def send(self, message: Message) -> None:
        """Deliver it at once."""
        self._deliveries.append(self.broker.deliver(message))

    async def send_undecodable(self, message_id: str) -> None:
        """Publish a request that could not be published again."""
        message = Message(b"", message_id=message_id)
        self._deliveries.append(self.broker.deliver(message, undecodable="a test"))

    async def delivery(self, number: int) -> Delivery:
        """The first, second, ... delivery ever, those that come again included."""
        while self.broker.returned:
            self._deliveries.append(self.broker.hand_out(self.broker.returned.pop(0)))
        return self._deliveries[number - 1]

    async def publish(self, publication: Publication) -> Published:
        """By the fake itself."""
        return await self.broker.publish(publication)

    async def refuse(self) -> None:
        """Have the next publication of the kind PARKED refused."""
        self.broker.refuse("a test")

    async def lose_connection(self) -> None:
        """Cut the consumer's connection; it is back when this returns."""
        self.broker.lose_connection()

    async def until_empty(self) -> None:
        """Return when the requests queue holds nothing, unsettled deliveries included."""
        self.broker.lose_connection()
        assert self.broker.returned == []

    async def queued(self, publication: Publication) -> list[Message]:
        """What is in the queue that the publication's exchange and key lead to."""
        if publication.kind is PublicationKind.PARKED:
            return self.broker.parked
        return [
            published.message
            for published in self.broker.published
            if (published.kind, published.routing_key)
            == (publication.kind, publication.routing_key)
        ]


class RealHarness:
    """The edge on a real broker, its consumer behind a proxy."""

    def __init__(self, edge: Edge, vhost: VirtualHost, proxy: Proxy) -> None:
        self._edge = edge
        self._vhost = vhost
        self._proxy = proxy
        self._sessions = 1

    @classmethod
    @asynccontextmanager
    async def start(cls, vhost: VirtualHost) -> AsyncIterator["RealHarness"]:
        """An edge that consumes, one delivery after the other."""
        async with Proxy("127.0.0.1", vhost.node.amqp_port) as proxy:
            options = Options(publish_broker=Broker([vhost.url]))
            async with consuming(Broker([through(proxy, vhost.url)]), options) as edge:
                yield cls(edge, vhost, proxy)

    async def send(self, message: Message) -> None:
        """As any producer does, with the relay's own encoding."""
        connection, _ = await Broker([self._vhost.url]).connect(ConnectionName.PUBLISH)
        channel = await connection.channel()
        await (await channel.get_underlay_channel()).basic_publish(
            message.body,
            exchange="orders",
            routing_key="order.request",
            properties=to_properties(message),
        )
        await brokers.close(connection)

    async def send_undecodable(self, message_id: str) -> None:
        """With a text that is not UTF-8."""
        with RawPublisher(self._vhost.url) as producer:
            hostile = {"message_id": message_id.encode(), "app_id": b"\xff"}
            assert producer.publish(b"orders", b"order.request", hostile) is Confirm.ACK

    async def delivery(self, number: int) -> Delivery:
        """As soon as it comes, and is counted: until then an old count would say empty."""
        delivery = await self._edge.inbox.until(number)
        await self._vhost.until(lambda queues: queues["orders.requests"].messages > 0)
        return delivery

    async def publish(self, publication: Publication) -> Published:
        """By the edge's publisher."""
        return await self._edge.publisher.publish(publication)

    async def refuse(self) -> None:
        """Take the way to the parked queue away."""
        async with self._vhost.channel() as channel:
            await (await channel.get_queue("orders.parked")).unbind("orders.parked", "")

    async def lose_connection(self) -> None:
        """By a reset."""
        self._proxy.cut()
        self._sessions += 1
        await self._edge.until_consuming(self._sessions)

    async def until_empty(self) -> None:
        """By the broker's own count."""
        await self._vhost.until(lambda queues: queues["orders.requests"].messages == 0)

    async def queued(self, publication: Publication) -> list[Message]:
        """Taken out of the queue, and decoded by the edge."""
        default = f"orders.retry.{publication.routing_key}"
        return await _messages(self._vhost, QUEUES.get(publication.kind, default))


Harness = FakeHarness | RealHarness
"""A broker with a consumer on the requests queue and a publisher."""


async def _messages(vhost: VirtualHost, queue: str) -> list[Message]:
    connection, _ = await Broker([vhost.url]).connect(ConnectionName.CONSUME)
    channel = await (await connection.channel()).get_underlay_channel()
    found = []
    while (delivered := await channel.basic_get(queue, no_ack=True)).delivery_tag:
        received: Received = to_received(delivered)
        assert received.undecodable is None or queue == "orders.parked"
        found.append(received.message)
    await brokers.close(connection)
    return found
