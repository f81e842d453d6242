"""A replica's side of the stream, as `service.edges.amqp.peers` has it, on a simulated one."""

import asyncio
from collections.abc import Callable
from functools import partial

from service.flow.sending.peers import Peers
from service.flow.sending.said import Said, State
from service.flow.sending.sharing import Common, CountedConsumers, common
from tests.flow.fleet.broker import Stream
from tests.flow.fleet.connection import Connection
from tests.flow.fleet.simulated import ProcessClock

RPC_SECONDS = 10.0
DEAF_SECONDS = 20.0
"""As in `service.edges.amqp.peers`: consumers are counted then."""


class Session:
    """Reads on one connection for the replica that keeps it up."""

    def __init__(self, connection: Connection, sharing: "StreamSharing") -> None:
        self.connection = connection
        self._sharing = sharing

    def hear(self, said: Said, offset: int) -> None:
        """Read one message."""
        self._sharing.hear(said, offset)


class StreamSharing:
    """Keeps to `Sharing`: what was read outlives a connection."""

    def __init__(self, name: str, clock: ProcessClock, stream: Stream) -> None:
        self._peers = Peers(name)
        self._clock = clock
        self._stream = stream
        self._wake = asyncio.Event()
        self._confirmed = asyncio.Event()
        self._counted = CountedConsumers()
        self._heard_at = clock.monotonic()
        self.state: Callable[[], State] = State
        self.on_change: Callable[[], None] = lambda: None

    def share(self) -> float:
        """Which part of the limits is this replica's."""
        now = self._clock.monotonic()
        if now - self._heard_at > DEAF_SECONDS:
            return self._counted.share()
        return self._peers.share(now)

    def counted(self, consumers: int) -> None:
        """Take note of the consumers of the requests queue."""
        self._counted.add(consumers, self._clock.monotonic())

    def count(self) -> int:
        """How many replicas are known, this one included."""
        return self._peers.count

    def leads(self) -> bool:
        """Whether this one probes for all."""
        return self._peers.leads(self._clock.monotonic())

    def rank(self) -> int:
        """How many replicas that could send come before this one."""
        return self._peers.rank

    def common(self) -> Common:
        """What the others know."""
        return common(self._peers.others)

    def changed(self) -> None:
        """Look whether this replica's own state is to be said."""
        self._wake.set()

    def hear(self, said: Said, offset: int) -> None:
        """Learn from a message."""
        now = self._clock.monotonic()
        self._peers.heard(said, offset, now)
        if said.id == self._peers.name:
            self._heard_at = now
        self.on_change()
        self._wake.set()

    async def serve(self, connection: Connection) -> None:
        """Say what is due on a connection, until it is lost."""
        connection.on_lost = self._end
        connection.up(partial(self._stream.subscribe, Session(connection, self)))
        while not connection.lost.is_set():
            self._wake.clear()
            now, state = self._clock.monotonic(), self.state()
            if (seconds := self._peers.due(now, state)) > 0:
                await self._clock.wait(self._wake, seconds)
            else:
                await self._say(connection, self._peers.say(now, state))

    async def _say(self, connection: Connection, said: Said) -> None:
        self.on_change()
        self._confirmed.clear()
        done = partial(connection.down, self._confirmed.set)
        connection.up(partial(self._stream.append, said, done))
        if not await self._clock.wait(self._confirmed, RPC_SECONDS):
            connection.leave()

    def _end(self) -> None:
        self._wake.set()
        self._confirmed.set()
