"""The consuming connection: passes deliveries on, and takes as many as the gate wants."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Literal

from aio_pika.abc import AbstractChannel as OuterChannel
from aio_pika.abc import AbstractConnection
from aiormq import spec
from aiormq.abc import AbstractChannel
from aiormq.exceptions import AMQPError

from service.core.record import record
from service.core.topology import Topology
from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker
from service.edges.amqp.connection import Session, keep_up, unless_stopped
from service.edges.amqp.intake import RPC_TIMEOUT_SECONDS, Intake
from service.edges.amqp.preparation import Prepare
from service.flow.events import Emit
from service.flow.events.labels import ConnectionName, LostCause
from service.flow.events.process import BrokerConnected, ConsumingStarted, ConsumingStopped
from service.flow.ports import Clock, Delivery
from service.flow.sending.gate import Gate

COUNT_CONSUMERS_SECONDS = 3.0
QUESTIONS_BEHIND_ACKS, QUESTION_SECONDS = 20, 0.02


@record(frozen=True, slots=True)
class ConsumerPorts:
    """What the consumer works with."""

    broker: Broker
    prepare: Prepare
    gate: Gate
    receive: Callable[[Delivery], None]
    consumers_counted: Callable[[int], bool]
    clock: Clock
    emit: Emit
    random: Callable[[], float]


class AmqpConsumer:
    """Consumes from the requests queue whenever the gate wants deliveries."""

    def __init__(self, ports: ConsumerPorts, topology: Topology) -> None:
        self._ports = ports
        self._queue = topology.requests_queue
        self._stop = asyncio.Event()
        self._recount = asyncio.Event()
        self._outer: OuterChannel | None = None
        self.quiet = asyncio.Event()
        self.quiet.set()
        self._grown = False
        self._counted = False

    async def run(self) -> None:
        """Keep a session up until `stop`."""
        await keep_up(
            ConnectionName.CONSUME,
            self._session,
            stop=self._stop,
            clock=self._ports.clock,
            emit=self._ports.emit,
            random=self._ports.random,
        )

    def stop(self) -> None:
        """Close the channel, then the connection; `run` returns when both are closed."""
        self._stop.set()
        self._recount.set()

    async def _session(self) -> None:
        connecting = self._ports.broker.connect(ConnectionName.CONSUME)
        connection, address = await unless_stopped(self._stop, connecting)
        session = Session()
        session.watch(brokers.underlay(connection))
        try:
            await session.run(self._serve(connection, session, address))
        finally:
            if not self.quiet.is_set():
                self.quiet.set()
                self._ports.gate.consumes(consuming=False)
                self._ports.emit(ConsumingStopped("the connection is gone"))
            # Whatever is unacked now belongs to the broker again.
            session.break_(LostCause.CONNECTION_CLOSED, "the session ended")
            await brokers.close(connection)

    async def _serve(self, connection: AbstractConnection, session: Session, address: str) -> None:
        await unless_stopped(self._stop, self._ports.prepare(connection))
        channel = await self._open_channel(connection, session)
        self._ports.emit(BrokerConnected(ConnectionName.CONSUME, address))
        direct = brokers.direct(connection)
        intake = Intake(self._queue, channel, session, direct, self._ports.receive)
        counting = asyncio.create_task(self._count_consumers(intake))
        try:
            await self._follow_the_gate(intake)
            # Not cancelled here: aiormq closes a channel whose call is cancelled, acks unsent.
            await asyncio.wait({counting}, timeout=RPC_TIMEOUT_SECONDS)
        finally:
            counting.cancel()
        with contextlib.suppress(AMQPError, ConnectionError, RuntimeError, TimeoutError):
            async with asyncio.timeout(RPC_TIMEOUT_SECONDS):
                await self._close(channel)

    async def _close(self, channel: AbstractChannel) -> None:
        """Close the channel behind all acks.

        CloseOk says that the broker has read them, but not that a quorum queue has: its client in
        the broker's channel sends 32 and keeps the rest until those are applied, and loses them
        when the channel ends. Questions that the queue must answer give it the time.
        """
        for _ in range(QUESTIONS_BEHIND_ACKS):
            await channel.queue_declare(self._queue, passive=True)
            # A slow disk needs the time more than the questions.
            await self._ports.clock.wait(asyncio.Event(), QUESTION_SECONDS)
        await channel.close()

    async def _open_channel(
        self, connection: AbstractConnection, session: Session
    ) -> AbstractChannel:
        outer = connection.channel(publisher_confirms=False)
        await outer.initialize(timeout=RPC_TIMEOUT_SECONDS)
        channel = await outer.get_underlay_channel()
        session.watch_channel(channel)

        def on_cancel(_: spec.Basic.Cancel) -> None:
            # Nothing else reports a deleted queue or a fail-over: the consumer would be dead.
            session.break_(LostCause.CONSUMER_CANCELLED, "the broker cancelled the consumer")

        channel.on_consumer_cancel_callbacks.add(on_cancel)
        # aio-pika's wrapper detaches the channel when it is collected.
        self._outer = outer
        return channel

    async def _follow_the_gate(self, intake: Intake) -> None:
        """Consume, or not, as the gate wants, until the stop."""
        wanted = begun = 0
        version = -1
        self._grown = False
        watching = asyncio.create_task(self._stop.wait())
        try:
            while not self._stop.is_set():
                intake.freed.clear()
                now = self._ports.gate.intake
                if 0 < wanted < now and not self._counted:
                    # Of one that is cancelled the broker takes back what is on its way: that would
                    # come again as perhaps sent.
                    wanted, self._grown = now, True
                elif now != wanted or (self._grown and self._counted):
                    self._grown, begun = False, 0
                    await intake.cancel()
                    # Also where it begins anew with fewer: what is given back now does not come at
                    # once.
                    self._ports.gate.consumes(consuming=False)
                    wanted = now
                    if not wanted:
                        self._stopped()
                if room := intake.windows.room(wanted, self._ports.gate.most_held):
                    await self._consume(intake, room, anew=wanted != begun)
                    begun = wanted
                version = await self._change(version, intake.freed, watching)
        finally:
            watching.cancel()

    async def _change(
        self, version: int, freed: asyncio.Event, stopping: "asyncio.Task[Literal[True]]"
    ) -> int:
        """Wait until the gate may want something else, for room, or for the stop."""
        changing = asyncio.create_task(self._ports.gate.change(version))
        freeing = asyncio.create_task(freed.wait())
        either: set[asyncio.Future[Any]] = {changing, freeing, stopping}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            return changing.result() if changing.done() else version
        finally:
            changing.cancel()
            freeing.cancel()

    async def _consume(self, intake: Intake, prefetch: int, *, anew: bool) -> None:
        """Begin a consumer, the first one or one beside it."""
        await intake.channel.basic_qos(prefetch_count=prefetch, timeout=RPC_TIMEOUT_SECONDS)
        self.quiet.clear()
        self._ports.gate.consumes(consuming=True)
        try:
            await intake.consume(prefetch)
        except BaseException:
            # A node that is cut off from the others accepts connections, but no consumer.
            self._ports.broker.turn(ConnectionName.CONSUME)
            raise
        if anew:
            # The first count came before this consumer, and would give it another's share.
            self._recount.set()
            self._ports.emit(ConsumingStarted(self._queue, intake.windows.wanted))

    def _stopped(self) -> None:
        self.quiet.set()
        self._ports.emit(ConsumingStopped(self._why_not()))

    def _why_not(self) -> str:
        gate = self._ports.gate
        if gate.draining.is_set():
            return "the process ends"
        return "other replicas send for this one" if gate.stands_by else "orders are held"

    async def _count_consumers(self, intake: Intake) -> None:
        """Report how many processes share the rate: each has one consumer on the queue."""
        # A failure closes the channel, and that breaks the session: nothing is to be added here.
        with contextlib.suppress(Exception):
            while not self._stop.is_set():
                self._recount.clear()
                answer = await intake.channel.queue_declare(
                    self._queue, passive=True, timeout=RPC_TIMEOUT_SECONDS
                )
                # Those beside our first one are no other process.
                consumers = (answer.consumer_count or 0) - intake.beside
                self._counted = self._ports.consumers_counted(consumers)
                if self._counted and self._grown:
                    # To the others each consumer beside the first would be a replica.
                    intake.freed.set()
                await self._ports.clock.wait(self._recount, COUNT_CONSUMERS_SECONDS)
