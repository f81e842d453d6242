"""Whether the results of orders can be published: asked before the first, and again and again.

A connection that stands says little: the user may lack a right, an exchange may be gone, the node
may be cut off from the others. So a hold ends with a confirm.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from math import inf
from typing import Any, assert_never

from aio_pika.abc import AbstractConnection

from service.core.record import record
from service.core.topology import Topology
from service.edges.amqp.broker import Broker, underlay
from service.edges.amqp.connection import Session, SessionBrokenError, expected
from service.edges.amqp.holding import Doubt, Holding
from service.edges.amqp.majority import Heard, Majority
from service.edges.amqp.preparation import Prepare
from service.edges.amqp.proof import REFUSED, Proof
from service.flow.events.labels import ConnectionName, LostCause
from service.flow.ports import Clock

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
"""Between two looks while something is wrong: the broker logs a line for each refusal."""

LOOK_EVERY_SECONDS = 5.0
CONFIRMED_SECONDS = 10.0
REST_SECONDS = 1.0
"""A confirm that is older says too little of now to send an order by it."""

LONGEST_ANSWER_SECONDS = 1.0
"""For so long an order waits for an answer: where none comes, it is not for the want of a hold."""

UNANSWERED = "the broker does not answer, or confirms nothing"


@record(frozen=True, slots=True)
class Blocking:
    """Whether the broker blocks the connection now, and how often it has begun to."""

    now: bool
    times: int


@record(frozen=True, slots=True)
class AssurancePorts:
    """What it works with."""

    broker: Broker
    prepare: Prepare
    holding: Holding
    clock: Clock
    blocking: Callable[[], Blocking]


class Assurance:
    """Holds orders until a session is proven, and whenever it is not any more."""

    def __init__(
        self,
        ports: AssurancePorts,
        topology: Topology,
        *,
        within_seconds: float,
        every_seconds: float,
    ) -> None:
        self._ports = ports
        self._every_seconds = every_seconds
        self._proof = Proof(topology)
        self._majority = Majority(ports.broker, topology, within_seconds)
        self._silences = 0
        self._within_seconds = within_seconds
        self._doubted = False
        self._asked, self._answered = asyncio.Event(), asyncio.Event()
        self._confirmed_at = -inf

    def doubt(self) -> None:
        """A publication reached no queue: have the topology looked at, or declared again."""
        self._doubted = True
        self._asked.set()

    def confirmed(self) -> None:
        """Take note that a result was published just now."""
        self._confirmed_at = self._ports.clock.monotonic()

    def fresh(self) -> bool:
        """Whether something was confirmed so lately that nothing must be asked."""
        return self._ports.clock.monotonic() < self._confirmed_at + REST_SECONDS

    async def asked(self) -> None:
        """Have it asked now; returns when it is answered, by then it holds where it must."""
        self._answered.clear()
        self._asked.set()
        await self._ports.clock.wait(self._answered, LONGEST_ANSWER_SECONDS)

    async def keep(self, connection: AbstractConnection, session: Session) -> None:
        """Hold and lift until cancelled; break the session where the broker says nothing."""
        try:
            await self._keep(connection, session)
        except SessionBrokenError as broken:
            session.end(broken)
        except Exception as error:  # noqa: BLE001 - a session that nobody looks after proves nothing
            session.end(SessionBrokenError.by(LostCause.CONNECTION_CLOSED, error))
        finally:
            await self._majority.close()

    async def _keep(self, connection: AbstractConnection, session: Session) -> None:
        # The session has just prepared the topology.
        question, pause = self._proof.ask(connection), FIRST_PAUSE_SECONDS
        holding, clock, looked_at = self._ports.holding, self._ports.clock, -inf
        while True:
            why = await self._answer(question)
            if not session.alive:
                # It must not lift what was begun when it broke.
                return
            if why is not None:
                holding.begin(Doubt.UNPROVEN, why)
                self._answered.set()
                await clock.wait(asyncio.Event(), pause)
                question = self._prepared(connection)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                continue
            holding.end(Doubt.UNPROVEN)
            self.confirmed()
            self._answered.set()
            pause = FIRST_PAUSE_SECONDS
            await self._stay_with_the_majority()
            await clock.wait(self._asked, self._every_seconds)
            self._asked.clear()
            if self._doubted:
                # Each of many publications in vain asks for a look.
                early = looked_at + LOOK_EVERY_SECONDS - clock.monotonic()
                await clock.wait(asyncio.Event(), max(0.0, early))
                looked_at = clock.monotonic()
                question = self._prepared(connection)
            else:
                question = self._proof.ask(connection)

    async def _stay_with_the_majority(self) -> None:
        """Leave a node that is cut off from the others; SessionBrokenError says so."""
        match await self._majority.ask():
            case Heard.CONFIRMED:
                self._silences = 0
            case Heard.UNKNOWN:
                pass
            case Heard.SILENT if self._silences <= self._ports.broker.places:
                self._silences += 1
                self._ports.broker.leave(ConnectionName.PUBLISH)
                why = "the node confirms nothing that the other nodes must have; it may be cut off"
                raise SessionBrokenError(LostCause.PUBLISH_TIMEOUT, why)
            case Heard.SILENT:
                # Where every node is silent it may be the stream alone: that must not stop orders.
                pass
            case _ as never:  # pragma: no cover
                assert_never(never)

    async def _answer(self, question: Coroutine[Any, Any, str | None]) -> str | None:
        """Its answer, however long the broker blocks; SessionBrokenError where none comes."""
        asking = expected(asyncio.ensure_future(question))
        try:
            while True:
                before = self._ports.blocking()
                if (await asyncio.wait({asking}, timeout=self._within_seconds))[0]:
                    with suppress(TimeoutError):
                        return asking.result()
                    # Blocked for longer than a question waits: the next one waits for the end.
                    return UNANSWERED
                if not before.now and before == self._ports.blocking():
                    raise SessionBrokenError(LostCause.PUBLISH_TIMEOUT, UNANSWERED)
        finally:
            asking.cancel()

    async def _prepared(self, connection: AbstractConnection) -> str | None:
        """What is wrong with the topology, or else with publishing."""
        self._doubted = False
        # Blocked, the broker reads nothing of this connection: what has a bound would run into it.
        await underlay(connection).ready()
        try:
            await self._ports.prepare(connection)
        except SessionBrokenError as broken:
            # Not the end of the session: the results of what was sent may pass all the same.
            return broken.why_held or REFUSED
        return await self._proof.ask(connection)
