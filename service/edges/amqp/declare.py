"""Declares the topology, or says what of it is missing or differs."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace

import aiormq.exceptions
from aio_pika.abc import AbstractConnection
from aiormq.abc import AbstractChannel
from pamqp.common import FieldTable

from service.core.topology import DELIVERY_LIMIT, Exchange, Queue, Topology
from service.edges.amqp.differences import Arguments, but_for, differences
from service.edges.amqp.faults import difference, fault_of_reply, told, words_of
from service.flow.events.faults import ADVICE, BrokerFault

RPC_TIMEOUT_SECONDS = 15.0

LONGEST_TOLD = 240
"""The log cuts a text at 256 characters: a sentence must end before."""

_Call = Callable[[AbstractChannel], Awaitable[object]]


class TopologyError(Exception):
    """The broker's topology is not what the relay needs, by `fault` where that is known."""

    def __init__(self, reason: str, fault: BrokerFault | None) -> None:
        super().__init__(reason)
        self.fault = fault


@dataclass(slots=True)
class Look:
    """What was found of the topology.

    `wrong` says what is missing or differs. `unseen` and `uncompared` are what the user has too few
    rights for: from RabbitMQ 4.2.6 on it sees only what it has some right on, and who may configure
    a thing can compare it.
    """

    wrong: dict[str, BrokerFault | None] = field(default_factory=dict)
    unseen: list[str] = field(default_factory=list)
    uncompared: list[str] = field(default_factory=list)

    def advice(self) -> list[str]:
        """What to do about what is wrong, each once."""
        return [ADVICE[fault] for fault in dict.fromkeys(self.wrong.values()) if fault]

    def told(self) -> str:
        """What is wrong and what to do, short enough for a line of the log."""
        advice = "; ".join(self.advice())
        return f"{advice} ({_listed(self.wrong, LONGEST_TOLD - len(advice))})"

    def missing(self) -> str | None:
        """What is missing and what to do, in our words only; None where nothing is."""
        names = [what for what, fault in self.wrong.items() if fault is BrokerFault.MISSING]
        advice = ADVICE[BrokerFault.MISSING]
        return f"{advice} ({_listed(names, LONGEST_TOLD - len(advice))})" if names else None


async def declare(connection: AbstractConnection, topology: Topology) -> None:
    """Declare what is missing; TopologyError says what differs or is forbidden."""
    channel = await open_channel(connection)
    try:
        for exchange in topology.exchanges:
            await _declare_exchange(channel, exchange)
        for queue in topology.queues:
            await _declare_queue(channel, queue)
        for binding in topology.bindings:
            await channel.queue_bind(
                binding.queue,
                binding.exchange,
                binding.routing_key,
                timeout=RPC_TIMEOUT_SECONDS,
            )
    except aiormq.exceptions.AMQPChannelError as error:
        fault = fault_of_reply(error)
        raise TopologyError(told(error, fault), fault) from error
    await channel.close()


async def declare_or_use(connection: AbstractConnection, topology: Topology) -> list[str]:
    """Declare what is missing; the retry queues of an older version, which are used as they are.

    They do their work, and must not end all relaying, or an upgrade: their delivery limit alone is
    another one. TopologyError says what else differs or is forbidden.
    """
    try:
        await declare(connection, topology)
    except TopologyError as error:
        if error.fault is not BrokerFault.DIFFERS:
            raise
        found = await _with_limits_found(connection, topology)
        await declare(connection, found)
        pairs = zip(topology.queues, found.queues, strict=True)
        return [queue.name for wanted, queue in pairs if queue != wanted]
    return []


async def outcome(connection: AbstractConnection, topology: Topology) -> list[str] | TopologyError:
    """The same, with what it raises as a value: it is no reason to try again."""
    try:
        return await declare_or_use(connection, topology)
    except TopologyError as error:
        return error


async def _with_limits_found(connection: AbstractConnection, topology: Topology) -> Topology:
    """The same, with the delivery limits of those retry queues that differ in nothing else."""
    queues = [
        replace(
            queue,
            arguments=await but_for(
                DELIVERY_LIMIT, _refusal_of(connection, queue.name), queue.arguments
            ),
        )
        if queue.name.startswith(f"{topology.retry_exchange}.")
        else queue
        for queue in topology.queues
    ]
    return replace(topology, queues=tuple(queues))


async def look(connection: AbstractConnection, topology: Topology, *, compare: bool) -> Look:
    """What of the topology is missing, and with `compare` what differs; changes nothing.

    What is there is declared again to compare it: the broker then says what differs.
    """
    found = Look()
    things: list[Exchange | Queue] = [*topology.exchanges, *topology.queues]
    for thing in things:
        name = f"{'exchange' if isinstance(thing, Exchange) else 'queue'} {thing.name}"
        refused, hidden = await _refused(connection, _passive(thing)), found.unseen
        if refused is None and compare:
            refused, hidden = await _refused(connection, _active(thing)), found.uncompared
        fault, words = fault_of_reply(refused), words_of(refused)
        if fault is BrokerFault.RIGHTS:
            hidden.append(name)
        elif fault is BrokerFault.MISSING:
            found.wrong[f"{name} is missing"] = fault
        elif fault is BrokerFault.DIFFERS and isinstance(thing, Queue):
            refusal_of = _refusal_of(connection, thing.name)
            found.wrong |= dict.fromkeys(await differences(refusal_of, thing.arguments), fault)
        elif refused is not None:
            found.wrong[difference(words) or f"{name}: {words}"] = fault
    return found


async def open_channel(connection: AbstractConnection) -> AbstractChannel:
    """A plain channel, without confirms; TimeoutError where the broker gives none in time."""
    channel = connection.channel(publisher_confirms=False)
    async with asyncio.timeout(RPC_TIMEOUT_SECONDS):
        await channel.initialize()
    return await channel.get_underlay_channel()


async def _refused(connection: AbstractConnection, call: _Call) -> BaseException | None:
    # A failed declare closes its channel, so each gets one of its own.
    channel = await open_channel(connection)
    try:
        await call(channel)
    except aiormq.exceptions.AMQPChannelError as error:
        return error
    await channel.close()
    return None


def _refusal_of(
    connection: AbstractConnection, name: str
) -> Callable[[Arguments], Awaitable[str | None]]:
    async def refusal(arguments: Arguments) -> str | None:
        refused = await _refused(connection, _active(Queue(name, arguments)))
        return None if refused is None else words_of(refused)

    return refusal


def _listed(texts: Collection[str], longest: int) -> str:
    """As many of the texts as there is room for, at least one, and how many more there are."""
    shown = [*texts]
    while True:
        more = f"; and {len(texts) - len(shown)} more" if len(shown) < len(texts) else ""
        listed = "; ".join(shown) + more
        if len(listed) <= longest or len(shown) == 1:
            return listed
        shown.pop()


def _passive(what: Exchange | Queue) -> _Call:
    async def call(channel: AbstractChannel) -> None:
        if isinstance(what, Exchange):
            await channel.exchange_declare(what.name, passive=True, timeout=RPC_TIMEOUT_SECONDS)
        else:
            await channel.queue_declare(what.name, passive=True, timeout=RPC_TIMEOUT_SECONDS)

    return call


def _active(what: Exchange | Queue) -> _Call:
    async def call(channel: AbstractChannel) -> None:
        if isinstance(what, Exchange):
            await _declare_exchange(channel, what)
        else:
            await _declare_queue(channel, what)

    return call


async def _declare_exchange(channel: AbstractChannel, exchange: Exchange) -> None:
    await channel.exchange_declare(
        exchange.name,
        exchange_type=exchange.type,
        durable=True,
        arguments=_table(exchange.arguments),
        timeout=RPC_TIMEOUT_SECONDS,
    )


async def _declare_queue(channel: AbstractChannel, queue: Queue) -> None:
    await channel.queue_declare(
        queue.name,
        durable=True,
        arguments=_table(queue.arguments),
        timeout=RPC_TIMEOUT_SECONDS,
    )


def _table(arguments: dict[str, str] | dict[str, str | int]) -> FieldTable:
    return dict(arguments)
