"""The replicas' stream: says what this one has to say, and reads what all say.

On a connection of its own: what it publishes would block the acks of the consuming one when the
broker blocks publishers, and what goes wrong with it would cost the publishing one its replies.
"""

import asyncio
from collections.abc import Callable

from aio_pika.abc import AbstractConnection
from aiormq.exceptions import AMQPError

from service.core.record import record
from service.core.topology import Topology
from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker
from service.edges.amqp.connection import (
    Session,
    SessionBrokenError,
    keep_trying,
    unless_stopped,
)
from service.edges.amqp.no_stream import ADVICE, no_stream
from service.edges.amqp.peers_stream import RPC_TIMEOUT_SECONDS, PeersStream
from service.edges.amqp.preparation import Prepare
from service.flow.events import Emit
from service.flow.events.labels import LostCause, NoStream
from service.flow.events.process import SharingChanged, SharingLost
from service.flow.ports import Clock
from service.flow.sending.peers import Peers
from service.flow.sending.said import Said, State
from service.flow.sending.sharing import Common, CountedConsumers, common

CONNECTION_NAME = "peers"
BYE_TIMEOUT_SECONDS = 2.0
SILENT_SECONDS = 30.0
"""Without a word of its own so long, the connection is made anew."""

DEAF_SECONDS = 20.0
"""Without a word of its own so long, consumers are counted: a bad stream must not stop orders."""


@record(frozen=True, slots=True)
class PeersPorts:
    """What the stream's edge works with.

    `state` is this replica's own; `changed` is called whenever its share or what the others know
    may have changed, but for the time that passes.
    """

    broker: Broker
    prepare: Prepare
    state: Callable[[], State]
    changed: Callable[[], None]
    clock: Clock
    emit: Emit
    random: Callable[[], float]


class AmqpPeers:
    """Keeps to `Sharing`: what was read outlives a connection, and is continued on the next."""

    def __init__(self, ports: PeersPorts, topology: Topology, name: str) -> None:
        self._ports = ports
        self._stream = topology.peers
        self._peers = Peers(name)
        self._counted = CountedConsumers()
        self._stop = asyncio.Event()
        self._wake = asyncio.Event()
        self._without: NoStream | None = None
        self._reading = False
        self._echoed_at = 0.0
        self._heard_at = ports.clock.monotonic()

    async def run(self) -> None:
        """Keep a session up until `stop`."""
        ports = self._ports
        self._echoed_at = ports.clock.monotonic()
        await keep_trying(
            self._session, self._lost, stop=self._stop, clock=ports.clock, random=ports.random
        )

    def stop(self) -> None:
        """Say good-bye, after the last call; `run` returns when the connection is closed."""
        self._stop.set()
        self._wake.set()

    def changed(self) -> None:
        """Look whether this replica's own state is to be said."""
        self._wake.set()

    def counted(self, consumers: int) -> bool:
        """Take note of the consumers of the requests queue; whether the share goes by them."""
        self._counted.add(consumers, self._ports.clock.monotonic())
        if self._without is not None:
            self._ports.changed()
        return self._counting()

    def share(self) -> float:
        """Which part of the limits is this replica's."""
        if self._counting():
            return self._counted.share()
        return self._peers.share(self._ports.clock.monotonic())

    def count(self) -> int:
        """How many replicas are known, this one included."""
        return max(1, self._counted.lowest()) if self._counting() else self._peers.count

    def leads(self) -> bool:
        """Whether this one probes for all; without the stream each does for itself."""
        return self._counting() or self._peers.leads(self._ports.clock.monotonic())

    def rank(self) -> int:
        """How many replicas that could send come before this one."""
        return 0 if self._counting() else self._peers.rank

    def common(self) -> Common:
        """What the others know."""
        # Of one that hears nothing any more, what it heard last would be so for ever.
        return Common() if self._counting() else common(self._peers.others)

    def _counting(self) -> bool:
        """Whether there is nothing to go by but the consumers that the broker counts."""
        silent_seconds = self._ports.clock.monotonic() - self._heard_at
        return self._without is not None or silent_seconds > DEAF_SECONDS

    async def _session(self) -> None:
        connecting = self._ports.broker.connect(CONNECTION_NAME)
        connection, _ = await unless_stopped(self._stop, connecting)
        session = Session()
        wire = brokers.underlay(connection)
        # First, because the other one cancels what would say why.
        wire.closing.add_done_callback(self._on_closing)
        session.watch(wire)
        try:
            await session.run(self._prepare_and_serve(connection, session))
        finally:
            session.break_(LostCause.CONNECTION_CLOSED, "the session ended")
            await brokers.close(connection)

    async def _prepare_and_serve(self, connection: AbstractConnection, session: Session) -> None:
        try:
            await unless_stopped(self._stop, self._ports.prepare(connection))
            await self._serve(connection, session)
        except (SessionBrokenError, AMQPError) as error:
            self._tell(error)
            raise

    async def _serve(self, connection: AbstractConnection, session: Session) -> None:
        outer = connection.channel(publisher_confirms=True, on_return_raises=True)
        await outer.initialize(timeout=RPC_TIMEOUT_SECONDS)
        channel = await outer.get_underlay_channel()
        channel.closing.add_done_callback(self._on_closing)
        session.watch_channel(channel)
        stream = PeersStream(self._stream, channel)
        if self._without in (NoStream.RIGHTS, NoStream.REPLICA):
            # One may be able to write all the same: those who read leave it a part then.
            said = self._peers.counting(self._ports.clock.monotonic(), self._ports.state())
            await self._say(stream, said, RPC_TIMEOUT_SECONDS)
        await stream.read(session, self._hear)
        # Whatever was read of it, nothing was said before all can be heard: `Peers` needs that.
        self._echoed_at = self._ports.clock.monotonic()
        while not self._stop.is_set():
            self._wake.clear()
            now, state = self._ports.clock.monotonic(), self._ports.state()
            if now - self._echoed_at > SILENT_SECONDS:
                raise SessionBrokenError(LostCause.PUBLISH_TIMEOUT, "nothing comes back")
            if (seconds := self._peers.due(now, state)) > 0:
                await self._ports.clock.wait(self._wake, seconds)
            else:
                await self._say(stream, self._peers.say(now, state), RPC_TIMEOUT_SECONDS)
        bye = self._peers.say(self._ports.clock.monotonic(), State(), bye=True)
        await self._say(stream, bye, BYE_TIMEOUT_SECONDS)

    async def _say(self, stream: PeersStream, said: Said, seconds: float) -> None:
        self._ports.changed()
        try:
            await stream.say(said, seconds)
        except TimeoutError:
            self._ports.broker.turn(CONNECTION_NAME)
            why = "a publish was not confirmed in time"
            raise SessionBrokenError(LostCause.PUBLISH_TIMEOUT, why) from None

    def _hear(self, said: Said, offset: int) -> None:
        now = self._ports.clock.monotonic()
        self._peers.heard(said, offset, now)
        # One that was read before says nothing of what the stream does now.
        if said.id == self._peers.name and said.at > self._heard_at:
            self._heard_at, self._echoed_at = said.at, max(said.at, self._echoed_at)
            self._with_stream()
        self._ports.changed()
        self._wake.set()

    def _with_stream(self) -> None:
        """Share by the stream from now on, and say so where it was not."""
        if not self._reading:
            self._reading, self._without = True, None
            self._ports.emit(SharingChanged(None, f"by the stream {self._stream}"))

    def _on_closing(self, future: "asyncio.Future[object]") -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            self._tell(error)

    def _tell(self, error: BaseException) -> None:
        """Say once that the stream cannot be had, and count consumers from then on."""
        without = no_stream(error)
        silent_seconds = self._ports.clock.monotonic() - self._heard_at
        # A node whose replica of the stream starts has none so far.
        passing = without is NoStream.REPLICA and silent_seconds < DEAF_SECONDS
        if without is None or without is self._without or passing:
            return
        self._without, self._reading = without, False
        # What a session says of a fault that is known has its advice already.
        advised = isinstance(error, SessionBrokenError) and error.fault is not None
        why = str(error) if advised else f"{error}; {ADVICE[without]}"
        self._ports.emit(SharingChanged(without, why))
        self._ports.changed()

    def _lost(self, broken: SessionBrokenError, pause: float) -> None:
        # One that was said already is no news at every try.
        if self._without is None:
            self._ports.emit(SharingLost(broken.cause, broken.reason, pause))
