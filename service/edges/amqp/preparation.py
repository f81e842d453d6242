"""What every session does first: make sure that the topology exists."""

import asyncio
from typing import Literal

from aio_pika.abc import AbstractConnection

from service.core.rabbitmq import loses_orders
from service.core.topology import Topology
from service.edges.amqp import declare
from service.edges.amqp.broker import version_of
from service.edges.amqp.connection import SessionBrokenError
from service.flow.events import Emit
from service.flow.events.faults import ADVICE
from service.flow.events.labels import LostCause
from service.flow.events.process import OlderQueue

TOO_OLD = "before RabbitMQ 3.10 retries are lost in a crash; upgrade it"

TopologyMode = Literal["declare", "check"]


class Prepare:
    """Declares the topology or checks it, one connection at a time; who waits for one takes it."""

    def __init__(
        self, topology: Topology, mode: TopologyMode, emit: Emit = lambda _event: None
    ) -> None:
        self._topology = topology
        self._emit = emit
        self._told = set[str]()
        self._mode = mode
        self._lock = asyncio.Lock()
        self._times = 0

    async def __call__(self, connection: AbstractConnection) -> None:
        """Return when the topology exists; SessionBrokenError says what is missing or differs.

        It says so of a broker, too, on which no topology keeps orders from being lost.
        """
        if loses_orders(version := version_of(connection)):
            told = f"this is RabbitMQ {version}: {TOO_OLD}"
            raise SessionBrokenError(LostCause.TOPOLOGY, told, why_held=TOO_OLD)
        before = self._times
        # Two connections that declare one new quorum queue at the same time disturb each other.
        async with self._lock:
            if self._times != before:
                # Another session has just done it: all of it again is most of a start's questions.
                return
            if self._mode == "declare":
                await self._declare(connection)
            else:
                await self._check(connection)
            self._times += 1

    async def _declare(self, connection: AbstractConnection) -> None:
        try:
            older = await declare.declare_or_use(connection, self._topology)
        except declare.TopologyError as error:
            why_held = ADVICE[error.fault] if error.fault else None
            broken = SessionBrokenError(LostCause.TOPOLOGY, str(error), error.fault, why_held)
            raise broken from error
        for name in older:
            if name not in self._told:
                self._told.add(name)
                self._emit(OlderQueue(name))

    async def _check(self, connection: AbstractConnection) -> None:
        found = await declare.look(connection, self._topology, compare=False)
        # What cannot be seen may well be there: its use will tell.
        if found.wrong:
            fault = next(iter(found.wrong.values()))
            raise SessionBrokenError(LostCause.TOPOLOGY, found.told(), fault, found.missing())
