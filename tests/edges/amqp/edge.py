"""The broker edge put together as the program does it, with a test where the flow would be."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from service.core.decision import RetryPolicy
from service.core.message import Message, Publication, PublicationKind
from service.core.topology import Topology, build_topology
from service.edges.amqp.assurance import CONFIRMED_SECONDS
from service.edges.amqp.broker import Broker
from service.edges.amqp.consumer import AmqpConsumer, ConsumerPorts
from service.edges.amqp.preparation import Prepare, TopologyMode
from service.edges.amqp.publisher import AmqpPublisher, PublisherPorts
from service.edges.system_clock import SystemClock
from service.flow.events.process import BrokerLost, ConsumingStarted, HoldChanged
from service.flow.ports import Clock, Delivery
from service.flow.relay import Relay
from service.flow.sending.gate import Gate
from service.flow.sending.pace import Pace
from service.flow.sending.prefetch import Prefetch
from tests.edges.amqp.eventlog import EventLog, Inbox, SignalledLog
from tests.flow.fakes import FakeApi
from tests.world.standin.signals import Signals

DELAYS = (1, 5)
ORDERS = build_topology("orders", DELAYS)
# Without the alternate exchange, which would take what has no other way.
PLAIN = replace(ORDERS, exchanges=tuple(replace(e, arguments={}) for e in ORDERS.exchanges))
STOP_SECONDS = 20.0


def almost_no_pause() -> float:
    """A draw of the jitter that makes every pause short."""
    return 0.005


@dataclass
class Options:
    """What a test may want otherwise."""

    topology: Topology = ORDERS
    mode: TopologyMode = "declare"
    prefetch: int = 8
    careful: bool = False
    publish_timeout_seconds: float = 10.0
    confirmed_every_seconds: float = CONFIRMED_SECONDS
    publish_broker: Broker | None = None
    clock: Clock = field(default_factory=SystemClock)
    flow_clock: Clock = field(default_factory=SystemClock)
    policy: RetryPolicy = field(default_factory=lambda: RetryPolicy(delays_seconds=DELAYS))


class Edge:
    """Publisher, consumer and gate on a broker; deliveries go to `receive`, at first the inbox."""

    def __init__(self, broker: Broker, options: Options | None = None) -> None:
        self.options = options = options or Options()
        self.broker = broker
        self.events = EventLog()
        self.inbox = Inbox()
        self.receive: Callable[[Delivery], None] = self.inbox
        self.clock = options.clock
        self.gate = Gate(
            options.flow_clock,
            self.events,
            concurrency=16,
            prefetch=Prefetch(options.prefetch, fixed=True, careful=options.careful),
            pace=Pace(None),
            random=almost_no_pause,
        )
        self.counted: list[int] = []
        self.told_by_consumers = False
        self._counting = Signals()
        self.prepare = Prepare(options.topology, options.mode)
        self.publisher = AmqpPublisher(
            self.publisher_ports(),
            options.topology,
            publish_timeout_seconds=options.publish_timeout_seconds,
            confirmed_every_seconds=options.confirmed_every_seconds,
            prefetch=options.prefetch,
        )
        self.consumer = AmqpConsumer(self.consumer_ports(), options.topology)
        self.consuming: asyncio.Task[None] | None = None
        self.publishing: asyncio.Task[None] | None = None

    def publisher_ports(self) -> PublisherPorts:
        """What the publisher works with."""
        gate = self.gate
        return PublisherPorts(
            self.options.publish_broker or self.broker,
            self.prepare,
            gate.hold_publisher,
            gate.lift_publisher,
            self.clock,
            self.events,
            almost_no_pause,
        )

    def consumer_ports(self) -> ConsumerPorts:
        """What the consumer works with."""
        return ConsumerPorts(
            self.broker,
            self.prepare,
            self.gate,
            self.publisher.after_rest(self._on_delivery),
            self._on_count,
            self.clock,
            self.events,
            almost_no_pause,
        )

    def _on_delivery(self, delivery: Delivery) -> None:
        # As the relay does.
        self.gate.arrived(redelivered=delivery.received.redelivered)
        self.receive(delivery)

    def _on_count(self, consumers: int) -> bool:
        self.counted.append(consumers)
        self._counting.changed()
        return self.told_by_consumers

    async def until_counted(self, consumers: int, *, timeout_seconds: float) -> None:
        """Wait until this many consumers have been counted."""
        await self._counting.wait_for(
            lambda: consumers in self.counted, lambda: f"{consumers} consumers", timeout_seconds
        )

    def start(self, *, consumer: bool = True) -> None:
        """Begin to connect the publisher, and the consumer where it is wanted."""
        self.publishing = asyncio.create_task(self.publisher.run())
        if consumer:
            self.consuming = asyncio.create_task(self.consumer.run())

    async def until_consuming(self, number: int = 1) -> None:
        """Wait until consuming has begun the first, second, ... time."""
        await self.events.until(ConsumingStarted, number=number)

    async def stop(self) -> None:
        """Stop what runs, the consumer first, within a bound."""
        for side, task in ((self.consumer, self.consuming), (self.publisher, self.publishing)):
            side.stop()
            if task is not None:
                await asyncio.wait_for(task, STOP_SECONDS)

    @asynccontextmanager
    async def aside(self, work: Coroutine[None, None, None]) -> AsyncIterator[None]:
        """Something that goes on beside the block, and ends with it."""
        task = asyncio.create_task(work)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def unbroken(self) -> bool:
        """Whether no connection has been lost so far."""
        return not self.events.of(BrokerLost)


@asynccontextmanager
async def running(
    broker: Broker, options: Options | None = None, *, consumer: bool = True
) -> AsyncIterator[Edge]:
    """An edge that connects, and is stopped at the end."""
    edge = Edge(broker, options)
    edge.start(consumer=consumer)
    try:
        yield edge
    finally:
        await edge.stop()


@asynccontextmanager
async def publishing(broker: Broker, options: Options | None = None) -> AsyncIterator[Edge]:
    """An edge whose publisher is connected, and lets orders through."""
    async with running(broker, options, consumer=False) as edge:
        await edge.events.until(HoldChanged, held=False)
        yield edge


@asynccontextmanager
async def consuming(broker: Broker, options: Options | None = None) -> AsyncIterator[Edge]:
    """An edge whose publisher is connected and whose consumer consumes."""
    async with running(broker, options) as edge:
        await edge.until_consuming()
        yield edge


class WholeRelay:
    """The flow on the real edge, with a fake API."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.log = SignalledLog()
        self.api = FakeApi(self.log)
        self.relay = Relay(
            api=self.api,
            publisher=edge.publisher,
            gate=edge.gate,
            clock=edge.options.flow_clock,
            emit=edge.events,
            policy=edge.options.policy,
            random=almost_no_pause,
        )
        edge.receive = self.relay.receive


@asynccontextmanager
async def relaying(broker: Broker, options: Options | None = None) -> AsyncIterator[WholeRelay]:
    """A whole relay that consumes."""
    async with running(broker, options) as edge:
        whole = WholeRelay(edge)
        try:
            await edge.until_consuming()
            yield whole
        finally:
            edge.gate.drain()
            whole.api.resume()
            await whole.relay.finish(STOP_SECONDS)


def publication(
    kind: PublicationKind = PublicationKind.REPLY,
    key: str = "order.accepted",
    *,
    message_id: str | None = "o-1",
    body: bytes = b"{}",
) -> Publication:
    """Something to publish."""
    return Publication(kind, key, Message(body=body, message_id=message_id))
