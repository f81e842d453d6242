"""The publishing connection: persistent, mandatory, confirmed."""

import asyncio
from collections.abc import Callable

from aio_pika.abc import AbstractConnection

from service.core.message import Publication, PublicationKind
from service.core.record import record
from service.core.topology import Topology
from service.edges.amqp import broker as brokers
from service.edges.amqp.alarm import LOOK_SECONDS, Alarm, overhear
from service.edges.amqp.assurance import CONFIRMED_SECONDS, Assurance, AssurancePorts, Blocking
from service.edges.amqp.attempt import Outgoing
from service.edges.amqp.broker import Broker
from service.edges.amqp.connection import Session, SessionBrokenError, keep_up, unless_stopped
from service.edges.amqp.holding import Doubt, Holding
from service.edges.amqp.lanes import Lanes
from service.edges.amqp.preparation import Prepare
from service.edges.amqp.rest import AfterRest
from service.edges.amqp.trial import Trial, alone_on
from service.edges.amqp.tries import Tries, TriesPorts
from service.flow.events import Emit
from service.flow.events.labels import STARTING, ConnectionName, LostCause
from service.flow.events.process import BrokerConnected
from service.flow.ports import Clock, Confirmed, Delivery, Published, Unconfirmed
from service.flow.ways import Destination, Ways

PUBLISH_TIMEOUT_SECONDS = 10.0
WAIT_FOR_CONNECTION_SECONDS = 5.0
LOOK_FOR_BLOCK_SECONDS = 0.25
LOOK_ANYWAY_SECONDS = 5.0
BLOCKED = "the broker blocks publishers; see its memory and disk alarms"
DOWN = "the publishing connection is down; see the line `broker connection lost`"


@record(frozen=True, slots=True)
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
        confirmed_every_seconds: float = CONFIRMED_SECONDS,
        prefetch: int = 128,
    ) -> None:
        self._ports = ports
        self._publish_timeout_seconds = publish_timeout_seconds
        self._exchanges = {
            PublicationKind.REPLY: topology.replies_exchange,
            PublicationKind.RETRY: topology.retry_exchange,
            PublicationKind.PARKED: topology.parked_exchange,
        }
        self._stop = asyncio.Event()
        self._heard = asyncio.Event()
        self._ready = asyncio.Event()
        self._current: tuple[Lanes, Session] | None = None
        self._blocking = Blocking(now=False, times=0)
        self._holding = Holding(ports.hold, ports.lift)
        self._holding.begin(Doubt.UNPROVEN, STARTING)
        self._assurance = Assurance(
            AssurancePorts(
                ports.broker, ports.prepare, self._holding, ports.clock, lambda: self._blocking
            ),
            topology,
            within_seconds=publish_timeout_seconds,
            every_seconds=confirmed_every_seconds,
        )
        patience_seconds = publish_timeout_seconds / 2
        self._tries = Tries(
            # The other half of what is in hand at a time is for replies that are taken.
            Ways(prefetch // 2, patience_seconds),
            TriesPorts(
                ports.clock,
                ports.emit,
                self._stop,
                Trial(alone_on(ports.broker, ports.clock, patience_seconds)),
                self._assurance.doubt,
            ),
            unrouted=topology.unrouted_exchange,
            patience_seconds=patience_seconds,
        )

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
        self._heard.set()

    async def publish(self, publication: Publication) -> Published:
        """Publish and wait for the confirm; a reply that is not taken goes to the unrouted."""
        lanes = await self._standing()
        if lanes is None:
            return Unconfirmed("not connected")
        published = await self._tries.carry(self._outgoing(publication), lanes)
        if published == Confirmed() and publication.kind is PublicationKind.REPLY:
            self._assurance.confirmed()
        return published

    def after_rest(self, receive: Callable[[Delivery], None]) -> AfterRest:
        """`receive`, but after a rest not before it is asked whether results can be published."""
        return AfterRest(receive, self._assurance.fresh, self._assurance.asked)

    def _outgoing(self, publication: Publication) -> Outgoing:
        exchange, key = self._exchanges[publication.kind], publication.routing_key
        reply = publication.kind is PublicationKind.REPLY
        to = Destination(exchange, key)
        return Outgoing(exchange, key, publication.message, to, reply=reply)

    async def _standing(self) -> Lanes | None:
        """The channels of a session that stands, waited for within a bound."""
        if self._current is not None and not self._current[1].alive:
            # What is unconfirmed on it may still arrive: nothing may follow it there.
            self._ready.clear()
        if not self._ready.is_set():
            await self._ports.clock.wait(self._ready, WAIT_FOR_CONNECTION_SECONDS)
        current = self._current
        return current[0] if current is not None and current[1].alive else None

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
            if self._current is not None:
                self._current[0].close()
            self._current = None
            self._tries.ways.session_lost()
            self._blocking = Blocking(now=False, times=0)
            self._holding.end(Doubt.BLOCKED)
            session.break_(LostCause.CONNECTION_CLOSED, "the session ended")
            await brokers.close(connection)

    def _on_broken(self, broken: "asyncio.Future[SessionBrokenError]") -> None:
        """Hold until a later session is proven."""
        if self._stop.is_set():
            return
        if broken.result().cause is LostCause.PUBLISH_TIMEOUT:
            self._ports.broker.turn(ConnectionName.PUBLISH)
        known, why = self._holding.why(Doubt.UNPROVEN), broken.result().why_held
        looked_at = broken.result().cause is LostCause.TOPOLOGY and why is not None
        # What was found before is still so: each try would say it, and then something else.
        if looked_at or known in (None, STARTING, DOWN):
            self._holding.begin(Doubt.UNPROVEN, why or DOWN)
        self._holding.end(Doubt.BLOCKED)

    async def _serve(self, connection: AbstractConnection, session: Session, address: str) -> None:
        await unless_stopped(self._stop, self._ports.prepare(connection))
        wire = brokers.underlay(connection)
        alarm = Alarm(wire)
        overhear(brokers.direct(connection), self._heard.set)
        lanes = Lanes(
            wire,
            brokers.direct(connection),
            session,
            alarm,
            self._ports.clock,
            late_seconds=self._publish_timeout_seconds / 10,
            silent_seconds=self._publish_timeout_seconds,
        )
        await lanes.open()
        self._current = (lanes, session)
        self._ready.set()
        self._ports.emit(BrokerConnected(ConnectionName.PUBLISH, address))
        assuring = asyncio.create_task(self._assurance.keep(connection, session))
        try:
            await self._watch_for_blocks(alarm)
        finally:
            assuring.cancel()

    async def _watch_for_blocks(self, alarm: Alarm) -> None:
        """Hold while the broker blocks publishers."""
        while not self._stop.is_set():
            self._heard.clear()
            if not await alarm.over(LOOK_FOR_BLOCK_SECONDS):
                alarm.number += 1
                self._blocking = Blocking(now=True, times=alarm.number)
                self._holding.begin(Doubt.BLOCKED, BLOCKED)
                while not await alarm.over(LOOK_FOR_BLOCK_SECONDS) and not self._stop.is_set():
                    pass
                self._blocking = Blocking(now=False, times=alarm.number)
                self._holding.end(Doubt.BLOCKED)
            await self._ports.clock.wait(self._heard, LOOK_ANYWAY_SECONDS)
            # aiormq reads later what was heard.
            await self._ports.clock.wait(self._stop, LOOK_SECONDS)
