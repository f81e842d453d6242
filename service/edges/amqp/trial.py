"""Connections for what may have ended another one: each publication alone on one of them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from aio_pika.abc import AbstractConnection
from aiormq.exceptions import AMQPError

from service.edges.amqp import broker as brokers
from service.edges.amqp.alarm import Alarm
from service.edges.amqp.attempt import Ended, Late, Outgoing, Over
from service.edges.amqp.broker import Broker, BrokerUnreachableError
from service.edges.amqp.connection import Session
from service.edges.amqp.lanes import Lanes
from service.flow.ports import Clock

MOST_AT_A_TIME = 8
"""So that those whose queue stands still keep few others back."""


class Alone(Protocol):
    """A connection on which nothing else is."""

    async def publish(self, outgoing: Outgoing) -> Ended:
        """How the one that is on it ends."""
        ...

    async def close(self) -> None:
        """Give it up, within a bound."""
        ...


class Trial:
    """Connects for those that wait, and closes when none waits any more."""

    def __init__(self, connect: Callable[[], Awaitable[Alone]]) -> None:
        self._connect = connect
        self._room = asyncio.Semaphore(MOST_AT_A_TIME)
        self._waiting = 0
        self._free: list[Alone] = []
        self._failures = 0

    async def __call__(self, outgoing: Outgoing) -> Ended:
        """How its publication ends when nothing else is on the connection."""
        failures = self._failures
        self._waiting += 1
        try:
            async with self._room:
                if self._failures != failures:
                    # Each of many would wait for the same broker in vain, one after the other.
                    return Over("no connection for a trial")
                return await self._try(outgoing)
        except (BrokerUnreachableError, AMQPError) as error:
            self._failures += 1
            return Over(str(error))
        finally:
            self._waiting -= 1
            if not self._waiting:
                await self._close_all()

    async def _try(self, outgoing: Outgoing) -> Ended:
        alone = self._free.pop() if self._free else await self._connect()
        ended: Ended = Over("given up")
        try:
            ended = await alone.publish(outgoing)
            return ended
        finally:
            # What is unconfirmed on it may end it yet, and another one would be blamed.
            if isinstance(ended, Over | Late):
                await alone.close()
            else:
                self._free.append(alone)

    async def _close_all(self) -> None:
        free, self._free = self._free, []
        await asyncio.gather(*(alone.close() for alone in free))


def alone_on(broker: Broker, clock: Clock, seconds: float) -> Callable[[], Awaitable[Alone]]:
    """Connects to the broker; a publication has so long to be confirmed."""

    async def connect() -> Alone:
        connection, _ = await broker.connect("trial")
        wire, session = brokers.underlay(connection), Session()
        session.watch(wire)
        lanes = Lanes(
            wire,
            brokers.direct(connection),
            session,
            Alarm(wire),
            clock,
            late_seconds=seconds,
            silent_seconds=seconds,
        )
        return _Connected(connection, lanes, seconds)

    return connect


class _Connected:
    """Keeps to `Alone`."""

    def __init__(self, connection: AbstractConnection, lanes: Lanes, seconds: float) -> None:
        self._connection = connection
        self._lanes = lanes
        self._seconds = seconds

    async def publish(self, outgoing: Outgoing) -> Ended:
        return await self._lanes.apart(outgoing, self._seconds, heard=lambda _: None)

    async def close(self) -> None:
        self._lanes.close()
        await brokers.close(self._connection)
