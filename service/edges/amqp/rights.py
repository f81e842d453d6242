"""Whether the relay's user has a right at the broker, asked without effect.

The right to write is asked by a publish in a transaction that is taken back: it goes nowhere, and
the broker logs nothing where the user may. Each other question is a call with an argument that
cannot be. The broker looks at the right first: it answers 403 where the user may not, and 406 where
only the argument is wrong.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import assert_never

from aio_pika.abc import AbstractConnection
from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.exceptions import (
    AMQPChannelError,
    ChannelInvalidStateError,
    ChannelPreconditionFailed,
)

from service.core.rights import (
    DEFAULT_EXCHANGE,
    REPLY_KEY,
    Access,
    Answer,
    Right,
    Thing,
    refused_of,
)
from service.edges.amqp.declare import RPC_TIMEOUT_SECONDS, open_channel
from service.edges.amqp.faults import fault_of_reply, names_a_key
from service.flow.events.faults import BrokerFault

_IMPOSSIBLE = "none"
_NOBODYS = "order-relay asks for the right only"
"""An argument that no binding has."""
_OTHER_TYPE = "headers"


async def refused(connection: AbstractConnection, rights: Iterable[Right]) -> list[Right]:
    """Those of the rights that the broker refuses."""
    said = {right: await ask(connection, right) for right in rights}
    return refused_of(said, said)


async def ask(connection: AbstractConnection, right: Right) -> Answer:
    """What the broker says of the right; TimeoutError where it says nothing in time."""
    # A refusal closes its channel; a new one also knows of rights that have changed.
    channel = await open_channel(connection)
    try:
        match right.access:
            case Access.WRITE:
                await _write(channel, right.name)
            case Access.READ:
                await _read(channel, right.name)
            case Access.CONFIGURE:
                await _configure(channel, right)
            case Access.BIND:
                # Taken away is what is not there: the binding that is has no arguments.
                await channel.queue_unbind(
                    right.name, right.to or "", right.asked, arguments={_NOBODYS: _IMPOSSIBLE}
                )
            case _ as never:  # pragma: no cover
                assert_never(never)
    except AMQPChannelError as error:
        return _said_by(error)
    await channel.close()
    # The others are calls that the broker never carries out.
    return Answer.GRANTED if right.access in (Access.WRITE, Access.BIND) else Answer.UNCLEAR


async def may_write(connection: AbstractConnection, exchanges: Sequence[str]) -> bool:
    """Whether the user may write to all of them, asked at once; `ask` tells to which not."""
    channel = await open_channel(connection)
    try:
        await _write(channel, *exchanges)
    except AMQPChannelError:
        return False
    await channel.close()
    return True


def _said_by(error: AMQPChannelError) -> Answer:
    if isinstance(error, ChannelPreconditionFailed):
        return Answer.GRANTED
    match fault_of_reply(error):
        case BrokerFault.RIGHTS:
            return Answer.KEY_REFUSED if names_a_key(error) else Answer.REFUSED
        case BrokerFault.MISSING:
            return Answer.MISSING
        case _:
            return Answer.UNCLEAR


async def _write(channel: AbstractChannel, *exchanges: str) -> None:
    await channel.tx_select(timeout=RPC_TIMEOUT_SECONDS)
    try:
        for exchange in exchanges:
            name = "" if exchange == DEFAULT_EXCHANGE else exchange
            await channel.basic_publish(b"", exchange=name, routing_key=REPLY_KEY)
        await channel.tx_rollback(timeout=RPC_TIMEOUT_SECONDS)
    except ChannelInvalidStateError:
        # Refused before it could be taken back. Not awaited: a cancellation would cancel it, too.
        await asyncio.wait({channel.closing}, timeout=RPC_TIMEOUT_SECONDS)
        channel.closing.result()
        raise


async def _read(channel: AbstractChannel, queue: str) -> None:
    async def on_message(_: DeliveredMessage) -> None:
        """Nothing comes."""

    await channel.basic_qos(prefetch_count=1, timeout=RPC_TIMEOUT_SECONDS)
    await channel.basic_consume(
        queue, on_message, arguments={"x-priority": _IMPOSSIBLE}, timeout=RPC_TIMEOUT_SECONDS
    )


async def _configure(channel: AbstractChannel, right: Right) -> None:
    # Refused whether it exists or not: what is looked at first may be gone a moment later.
    if right.thing is Thing.QUEUE:
        await channel.queue_declare(
            right.name,
            durable=True,
            arguments={"x-message-ttl": _IMPOSSIBLE},
            timeout=RPC_TIMEOUT_SECONDS,
        )
    else:
        await channel.exchange_declare(
            right.name,
            exchange_type=_OTHER_TYPE,
            durable=True,
            arguments={"alternate-exchange": 0},
            timeout=RPC_TIMEOUT_SECONDS,
        )
