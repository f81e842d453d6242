"""The publishing connection: persistent, mandatory, confirmed, one at a time for each id."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiormq.exceptions
from aio_pika.abc import AbstractConnection
from aiormq.abc import AbstractChannel

from service.core.message import Publication, PublicationKind
from service.core.topology import Topology
from service.edges.amqp import broker as brokers
from service.edges.amqp.assurance import CONFIRMED_SECONDS, Assurance, AssurancePorts, Blocking
from service.edges.amqp.broker import Broker
from service.edges.amqp.codec import UNENCODABLE, to_properties
from service.edges.amqp.connection import (
    Session,
    SessionBrokenError,
    channel_cause,
    expected,
    keep_up,
    unless_stopped,
)
from service.edges.amqp.holding import Doubt, Holding
from service.edges.amqp.preparation import Prepare
from service.edges.amqp.refusals import FIRST_PATIENCE_SECONDS, Refusals
from service.flow.events import Emit
from service.flow.events.labels import STARTING, ConnectionName, LostCause
from service.flow.events.process import BrokerConnected
from service.flow.keyed_lock import KeyedLock
from service.flow.ports import Clock, Confirmed, Unconfirmed

PUBLISH_TIMEOUT_SECONDS = 10.0
WAIT_FOR_CONNECTION_SECONDS = 5.0
LOOK_FOR_BLOCK_SECONDS = 0.25
BLOCKED = "the broker blocks publishers; see its memory and disk alarms"
DOWN = "the publishing connection is down; see the line `broker connection lost`"


@dataclass(frozen=True, slots=True)
class PublisherPorts:
    """What the publisher works with; `hold` and `lift` stop and start the sending of orders."""

    broker: Broker
    prepare: Prepare
    hold: Callable[[str], None]
    lift: Callable[[], None]
    clock: Clock
    emit: Emit
    random: Callable[[], float]


class AmqpPublisher:
    """Publishes on its own connection, so that a blocked one cannot delay acks."""

    def __init__(
        self,
        ports: PublisherPorts,
        topology: Topology,
        *,
        publish_timeout_seconds: float = PUBLISH_TIMEOUT_SECONDS,
        refused_patience_seconds: float = FIRST_PATIENCE_SECONDS,
        confirmed_every_seconds: float = CONFIRMED_SECONDS,
    ) -> None:
        self._ports = ports
        self._publish_timeout_seconds = publish_timeout_seconds
        self._refusals = Refusals(refused_patience_seconds)
        self._exchanges = {
            PublicationKind.REPLY: topology.replies_exchange,
            PublicationKind.RETRY: topology.retry_exchange,
            PublicationKind.PARKED: topology.parked_exchange,
        }
        self._stop = asyncio.Event()
        self._ready = asyncio.Event()
        self._current: tuple[AbstractChannel, Session] | None = None
        self._blocked = False
        self._blocks = 0
        self._same_id = KeyedLock()
        self._holding = Holding(ports.hold, ports.lift)
        self._holding.begin(Doubt.UNPROVEN, STARTING)
        self._assurance = Assurance(
            AssurancePorts(ports.broker, ports.prepare, self._holding, ports.clock, self._blocking),
            topology,
            within_seconds=publish_timeout_seconds,
            every_seconds=confirmed_every_seconds,
        )

    def _blocking(self) -> Blocking:
        return Blocking(self._blocked, self._blocks)

    async def run(self) -> None:
        """Keep a session up until `stop`."""
        await keep_up(
            ConnectionName.PUBLISH,
            self._session,
            stop=self._stop,
            clock=self._ports.clock,
            emit=self._ports.emit,
            random=self._ports.random,
        )

    def stop(self) -> None:
        """Close the connection; `run` returns when it is closed."""
        self._stop.set()

    async def publish(self, publication: Publication) -> Confirmed | Unconfirmed:
        """Publish and wait for the confirm; whatever else happens is Unconfirmed."""
        # aiormq recognises a returned message by its message_id: of two in flight with one id,
        # the wrong one would be reported as confirmed.
        async with self._same_id.hold(publication.message.message_id or ""):
            current = await self._standing()
            if current is None:
                return Unconfirmed("not connected")
            channel, session = current
            sending = expected(asyncio.create_task(self._send(channel, session, publication)))
            try:
                return await self._confirm(sending, session)
            finally:
                sending.cancel()

    async def _standing(self) -> tuple[AbstractChannel, Session] | None:
        """The channel of a session that stands, waited for within a bound."""
        if self._current is not None and not self._current[1].alive:
            # What is unconfirmed on it may still arrive: nothing may follow it there.
            self._ready.clear()
        await self._ports.clock.wait(self._ready, WAIT_FOR_CONNECTION_SECONDS)
        current = self._current
        return current if current is not None and current[1].alive else None

    async def _send(
        self, channel: AbstractChannel, session: Session, publication: Publication
    ) -> Confirmed | Unconfirmed:
        try:
            await channel.basic_publish(
                publication.message.body,
                exchange=self._exchanges[publication.kind],
                routing_key=publication.routing_key,
                properties=to_properties(publication.message),
                # Without it the broker confirms what it could route nowhere.
                mandatory=True,
            )
        except aiormq.exceptions.PublishError as error:
            self._assurance.doubt()
            return Unconfirmed(f"unroutable: {error}")
        except aiormq.exceptions.DeliveryError:
            if self._refusals.record(self._ports.clock.monotonic()):
                session.break_(LostCause.PUBLISH_REFUSED, "refused again and again")
            return Unconfirmed("the broker refused it (a queue is full?)")
        except UNENCODABLE as error:
            # Nothing of it was sent, so the channel is still good for the others.
            return Unconfirmed(f"it cannot be encoded: {error}")
        return Confirmed()

    async def _confirm(
        self, sending: "asyncio.Future[Confirmed | Unconfirmed]", session: Session
    ) -> Confirmed | Unconfirmed:
        either: set[asyncio.Future[Any]] = {sending, session.broken}
        while True:
            blocks = self._blocks
            await asyncio.wait(
                either,
                timeout=self._publish_timeout_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if sending.done():
                error = sending.exception()
                if error is None:
                    return sending.result()
                # A channel that the broker closed fails every publish on it from now on.
                session.end(broken := SessionBrokenError.by(channel_cause(error), error))
                return Unconfirmed(f"{type(error).__name__}: {broken.reason}")
            if session.broken.done():
                return Unconfirmed(f"the connection was lost: {session.broken.result().reason}")
            # The time in which the broker blocks does not count.
            if not self._blocked and blocks == self._blocks:
                # It may still arrive: only a new connection is certainly without it.
                session.break_(LostCause.PUBLISH_TIMEOUT, "a publish was not confirmed in time")
                return Unconfirmed("not confirmed in time")

    async def _session(self) -> None:
        connecting = self._ports.broker.connect(ConnectionName.PUBLISH)
        connection, address = await unless_stopped(self._stop, connecting)
        session = Session()
        session.watch(brokers.underlay(connection))
        # At once, not when the session has ended: no order may be sent in between.
        session.broken.add_done_callback(self._on_broken)
        try:
            await session.run(self._serve(connection, session, address))
        finally:
            self._ready.clear()
            self._current = None
            self._blocked = False
            session.break_(LostCause.CONNECTION_CLOSED, "the session ended")
            await brokers.close(connection)

    def _on_broken(self, broken: "asyncio.Future[SessionBrokenError]") -> None:
        """Hold until a later session is proven."""
        if self._stop.is_set():
            return
        if broken.result().cause is LostCause.PUBLISH_TIMEOUT:
            self._ports.broker.turn(ConnectionName.PUBLISH)
        known, why = self._holding.why(Doubt.UNPROVEN), broken.result().why_held
        # What was found before is still so: each try would say it, and then something else.
        if why is not None or known in (None, STARTING):
            self._holding.begin(Doubt.UNPROVEN, why or DOWN)
        self._holding.end(Doubt.BLOCKED)

    async def _serve(self, connection: AbstractConnection, session: Session, address: str) -> None:
        await unless_stopped(self._stop, self._ports.prepare(connection))
        outer = connection.channel(publisher_confirms=True, on_return_raises=True)
        await outer.initialize(timeout=PUBLISH_TIMEOUT_SECONDS)
        channel = await outer.get_underlay_channel()
        session.watch_channel(channel)
        self._current = (channel, session)
        self._ready.set()
        self._ports.emit(BrokerConnected(ConnectionName.PUBLISH, address))
        assuring = asyncio.create_task(self._assurance.keep(connection, session))
        try:
            await self._watch_for_blocks(connection)
        finally:
            assuring.cancel()

    async def _watch_for_blocks(self, connection: AbstractConnection) -> None:
        """Hold while the broker blocks publishers; aiormq shows it only through `ready`."""
        wire = brokers.underlay(connection)
        while not self._stop.is_set():
            ready = asyncio.ensure_future(wire.ready())
            try:
                done, _ = await asyncio.wait({ready}, timeout=LOOK_FOR_BLOCK_SECONDS)
                if not done:
                    self._blocked = True
                    self._blocks += 1
                    self._holding.begin(Doubt.BLOCKED, BLOCKED)
                    await self._until_unblocked(ready)
                    self._blocked = False
                    self._holding.end(Doubt.BLOCKED)
            finally:
                ready.cancel()
                await asyncio.gather(ready, return_exceptions=True)
            await self._ports.clock.wait(self._stop, LOOK_FOR_BLOCK_SECONDS)

    async def _until_unblocked(self, ready: "asyncio.Future[None]") -> None:
        while not ready.done() and not self._stop.is_set():
            await asyncio.wait({ready}, timeout=LOOK_FOR_BLOCK_SECONDS)
