"""What there is at one broker, and what the user may do there; looked at without effect."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from aio_pika.abc import AbstractConnection

from service.core import rights
from service.core.rights import Access, Answer, Right
from service.core.topology import Exchange, Queue, Topology
from service.edges.amqp import broker as brokers
from service.edges.amqp import declare
from service.edges.amqp.alarm import Alarm
from service.edges.amqp.broker import Broker, BrokerUnreachableError
from service.edges.amqp.one_off import keep_quiet
from service.edges.amqp.questions import Bounds, Unanswered, answers
from service.edges.amqp.rights import ask
from service.flow.events.faults import BrokerFault

ENDING_SECONDS = 1.0
"""What is left of the time when the last question ends."""

BLOCKED = "the broker blocks those who publish"
BLOCKED_EVERY_SECONDS = 0.2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Examined:
    """What was seen; `lacks` are rights that orders need, `beyond` those that nobody needs.

    `unasked` is what has no answer, each with its reason; `blocked` that the broker has an alarm.
    `slow_login_seconds` is how long the login took, where that is longer than a question may take.
    """

    address: str
    version: str
    topology: declare.Look
    lacks: Sequence[Right]
    lacks_to_share: Sequence[Right] = ()
    lacks_to_rescue: Sequence[Right] = ()
    beyond: Sequence[Right] = ()
    unasked: tuple[tuple[str, str], ...] = ()
    blocked: bool = False
    slow_login_seconds: float | None = None


async def examine(
    broker: Broker, topology: Topology, *, declares: bool, bounds: Bounds
) -> Examined:
    """Look at the broker; BrokerUnreachableError where it cannot be connected to.

    One that `declares` the topology needs the rights to do so as well.
    """
    keep_quiet()
    loop = asyncio.get_running_loop()
    began = loop.time()
    until = began + bounds.all_seconds - ENDING_SECONDS
    connection, address = await _connected(broker, bounds, until)
    took = loop.time() - began
    try:
        examining = _Examining(connection, topology, bounds, until, declares=declares)
        seen = await examining.run(address)
        return replace(seen, slow_login_seconds=took if took > bounds.each_seconds else None)
    finally:
        closing = asyncio.ensure_future(brokers.close(connection))
        await asyncio.wait({closing}, timeout=ENDING_SECONDS / 2)
        closing.cancel()


async def _connected(
    broker: Broker, bounds: Bounds, until: float
) -> tuple[AbstractConnection, str]:
    """Who says nothing is asked once more, where there is time for it: it may only be slow."""
    while True:
        try:
            return await broker.connect("doctor")
        except BrokerUnreachableError as error:
            now = asyncio.get_running_loop().time()
            if error.fault is not BrokerFault.SILENT or now + bounds.each_seconds > until:
                raise


class _Examining:
    """One broker, by one connection."""

    def __init__(
        self,
        connection: AbstractConnection,
        topology: Topology,
        bounds: Bounds,
        until: float,
        *,
        declares: bool,
    ) -> None:
        self._connection = connection
        self._topology = topology
        self._bounds = bounds
        self._until = until
        self._declares = declares
        self._alarm = Alarm(brokers.underlay(connection))
        self._unasked: dict[str, str] = {}

    async def run(self, address: str) -> Examined:
        """All that can be asked."""
        seen = await self._seen()
        said = await self._said()
        return Examined(
            address,
            brokers.version_of(self._connection),
            seen,
            lacks=rights.refused_of(said, self._needed()),
            lacks_to_share=rights.refused_of(said, rights.to_share(self._topology)),
            lacks_to_rescue=rights.refused_of(said, rights.to_rescue(self._topology)),
            beyond=[one for one in self._beyond() if said.get(one) is Answer.GRANTED],
            unasked=tuple(self._unasked.items()),
            blocked=bool(self._unasked) and await self._alarm.sounds(),
        )

    def _needed(self) -> tuple[Right, ...]:
        needed = (*rights.to_publish(self._topology), *rights.to_consume(self._topology))
        return (*needed, *(rights.to_declare(self._topology) if self._declares else ()))

    def _beyond(self) -> tuple[Right, ...]:
        if self._declares:
            return ()
        declaring = rights.to_declare(self._topology)
        changing = (one for one in declaring if one.access is Access.CONFIGURE)
        return (*changing, *rights.beyond(self._topology))

    async def _seen(self) -> declare.Look:
        things: list[Exchange | Queue] = [*self._topology.exchanges, *self._topology.queues]
        looks = await self._answered({entity(one): partial(self._look, one) for one in things})
        return declare.Look(
            {what: fault for look in looks.values() for what, fault in look.wrong.items()},
            [name for look in looks.values() for name in look.unseen],
            [name for look in looks.values() for name in look.uncompared],
        )

    async def _look(self, thing: Exchange | Queue) -> declare.Look:
        exchanges = (thing,) if isinstance(thing, Exchange) else ()
        queues = (thing,) if isinstance(thing, Queue) else ()
        alone = replace(self._topology, exchanges=exchanges, queues=queues, bindings=())
        return await declare.look(self._connection, alone, compare=True)

    async def _said(self) -> dict[Right, Answer]:
        others = (*rights.to_share(self._topology), *rights.to_rescue(self._topology))
        asked = {str(one): one for one in (*self._needed(), *others, *self._beyond())}
        said: dict[Right, Answer] = {}
        # What publishes comes last: a broker with an alarm reads nothing more of this connection.
        for writes in (False, True):
            questions = {
                name: partial(ask, self._connection, right)
                for name, right in asked.items()
                if (right.access is Access.WRITE) is writes
            }
            answered = await self._answered(questions)
            said |= {asked[name]: answer for name, answer in answered.items()}
        return said

    async def _answered(self, questions: Mapping[str, Callable[[], Awaitable[T]]]) -> dict[str, T]:
        asking = asyncio.ensure_future(answers(questions, self._bounds, self._until))
        try:
            while not (await asyncio.wait({asking}, timeout=BLOCKED_EVERY_SECONDS))[0]:
                if await self._alarm.sounds():
                    self._unasked |= dict.fromkeys(questions, BLOCKED)
                    return {}
        finally:
            asking.cancel()
        found = await asking
        self._unasked |= {
            name: answer.why for name, answer in found.items() if isinstance(answer, Unanswered)
        }
        return {
            name: answer for name, answer in found.items() if not isinstance(answer, Unanswered)
        }


def entity(thing: Exchange | Queue) -> str:
    """Its kind and its name."""
    return f"{'exchange' if isinstance(thing, Exchange) else 'queue'} {thing.name}"
