"""Declares the topology, or says what of it is missing or differs."""

import asyncio
from collections.abc import Awaitable, Callable

import aiormq.exceptions
from aio_pika.abc import AbstractConnection
from aiormq.abc import AbstractChannel
from pamqp.common import FieldTable

from service.core.topology import Exchange, Queue, Topology

RPC_TIMEOUT_SECONDS = 15.0

_Call = Callable[[AbstractChannel], Awaitable[object]]


class TopologyError(Exception):
    """The broker's topology is not what the relay needs."""


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
        raise TopologyError(_words(error)) from error
    await channel.close()


async def refusal(connection: AbstractConnection, topology: Topology) -> str | None:
    """Declare what is missing; what differs or is forbidden, None when nothing does."""
    try:
        await declare(connection, topology)
    except TopologyError as error:
        return str(error)
    return None


async def missing(connection: AbstractConnection, topology: Topology) -> list[str]:
    """What is missing, by passive declares, which need no rights and change nothing."""
    problems = []
    for exchange in topology.exchanges:
        problems += await _problem(connection, f"exchange {exchange.name}", _passive(exchange))
    for queue in topology.queues:
        problems += await _problem(connection, f"queue {queue.name}", _passive(queue))
    return problems


async def differences(connection: AbstractConnection, topology: Topology) -> list[str]:
    """What is missing or differs; changes nothing.

    What exists is declared again: the broker says what differs. That needs the right to
    configure; without it the answer says that it could not be compared.
    """
    problems = []
    for exchange in topology.exchanges:
        name = f"exchange {exchange.name}"
        missing = await _problem(connection, name, _passive(exchange))
        same = _exchange_call(exchange)
        problems += missing or await _problem(connection, name, same)
    for queue in topology.queues:
        name = f"queue {queue.name}"
        missing = await _problem(connection, name, _passive(queue))
        problems += missing or await _problem(connection, name, _queue_call(queue))
    return problems


async def open_channel(connection: AbstractConnection) -> AbstractChannel:
    """A plain channel, without confirms; TimeoutError where the broker gives none in time."""
    channel = connection.channel(publisher_confirms=False)
    async with asyncio.timeout(RPC_TIMEOUT_SECONDS):
        await channel.initialize()
    return await channel.get_underlay_channel()


async def _problem(connection: AbstractConnection, name: str, call: _Call) -> list[str]:
    # A failed declare closes its channel, so each gets one of its own.
    channel = await open_channel(connection)
    try:
        await call(channel)
    except aiormq.exceptions.ChannelNotFoundEntity:
        return [f"{name} is missing"]
    except aiormq.exceptions.ChannelAccessRefused as error:
        return [f"{name} could not be compared: {_words(error)}"]
    except aiormq.exceptions.AMQPChannelError as error:
        return [f"{name} differs: {_words(error)}"]
    await channel.close()
    return []


def _passive(what: Exchange | Queue) -> _Call:
    async def call(channel: AbstractChannel) -> None:
        if isinstance(what, Exchange):
            await channel.exchange_declare(what.name, passive=True, timeout=RPC_TIMEOUT_SECONDS)
        else:
            await channel.queue_declare(what.name, passive=True, timeout=RPC_TIMEOUT_SECONDS)

    return call


def _exchange_call(exchange: Exchange) -> _Call:
    async def call(channel: AbstractChannel) -> None:
        await _declare_exchange(channel, exchange)

    return call


def _queue_call(queue: Queue) -> _Call:
    async def call(channel: AbstractChannel) -> None:
        await _declare_queue(channel, queue)

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


def _words(error: BaseException) -> str:
    return " ".join(str(part) for part in error.args) or type(error).__name__
