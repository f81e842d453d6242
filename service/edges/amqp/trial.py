"""A connection for what may have ended another one: one publication at a time, and no others."""

import asyncio

from aio_pika.abc import AbstractConnection

from service.edges.amqp import broker as brokers
from service.edges.amqp.alarm import Alarm
from service.edges.amqp.attempt import Ended, Outgoing, Over
from service.edges.amqp.broker import Broker, BrokerUnreachableError
from service.edges.amqp.connection import Session
from service.edges.amqp.lanes import Lanes
from service.flow.ports import Clock


class Trial:
    """Connects for the first one, and closes after the last one that waits."""

    def __init__(self, broker: Broker, clock: Clock, seconds: float) -> None:
        self._broker = broker
        self._clock = clock
        self._seconds = seconds
        self._one = asyncio.Lock()
        self._waiting = 0
        self._current: tuple[AbstractConnection, Lanes] | None = None

    async def __call__(self, outgoing: Outgoing) -> Ended:
        """How its publication ends when nothing else is on the connection."""
        self._waiting += 1
        try:
            async with self._one:
                _, lanes = self._current = self._current or await self._connect()
                ended = await lanes.apart(outgoing, self._seconds, heard=lambda _: None)
                if isinstance(ended, Over) or self._waiting == 1:
                    await self._close()
                return ended
        except BrokerUnreachableError as error:
            return Over(str(error))
        finally:
            self._waiting -= 1

    async def _connect(self) -> tuple[AbstractConnection, Lanes]:
        connection, _ = await self._broker.connect("trial")
        wire, session = brokers.underlay(connection), Session()
        session.watch(wire)
        seconds = self._seconds
        alarm = Alarm(wire)
        return connection, Lanes(
            wire, session, alarm, self._clock, late_seconds=seconds, silent_seconds=seconds
        )

    async def _close(self) -> None:
        if self._current is not None:
            (connection, lanes), self._current = self._current, None
            lanes.close()
            await brokers.close(connection)
