"""Whether the relay's user has a right at the broker, asked without effect.

Each question is a call with an argument that cannot be. The broker looks at the right first: it
answers 403 where the user may not, and 406 where only the argument is wrong.
"""

import asyncio
from collections.abc import Iterable
from typing import assert_never

from aio_pika.abc import AbstractConnection
from aiormq import spec
from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.exceptions import AMQPChannelError, ChannelPreconditionFailed

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
_NOBODY = "order-relay asks for the right only"
_NO_KEY = "order-relay asks for the right only"
"""Of a binding that nobody has."""
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
                # Of no number of milliseconds: not even an impersonator's is taken.
                await _write(channel, right.name, expiration=_IMPOSSIBLE)
            case Access.READ:
                await _read(channel, right.name)
            case Access.CONFIGURE:
                await _configure(channel, right)
            case Access.BIND:
                # Taken away is what is not there: the binding that is has no arguments.
                await channel.queue_unbind(
                    right.name, right.to or "", right.asked, arguments={_NOBODY: _IMPOSSIBLE}
                )
            case _ as never:  # pragma: no cover
                assert_never(never)
    except AMQPChannelError as error:
        answer = _said_by(error)
        # RabbitMQ 4 looks at the expiration before it asks for the right to the key.
        if answer is not Answer.GRANTED or right.unbound is None or _NOBODY in str(error):
            return answer
        return await _ask_for_the_key(connection, right.name, right.unbound)
    await channel.close()
    # The others are calls that the broker never carries out.
    return Answer.GRANTED if right.access is Access.BIND else Answer.UNCLEAR


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


async def _ask_for_the_key(connection: AbstractConnection, exchange: str, unbound: str) -> Answer:
    """Whether the user may publish with it, where the exchange alone was granted."""
    outer = connection.channel(publisher_confirms=True)
    try:
        async with asyncio.timeout(RPC_TIMEOUT_SECONDS):
            await outer.initialize()
            channel = await outer.get_underlay_channel()
            # To nobody: an impersonator's would be taken, and must not go to where replies go.
            properties = spec.Basic.Properties(user_id=_NOBODY)
            await channel.basic_publish(
                b"", exchange=unbound, routing_key=_NO_KEY, properties=properties
            )
            await channel.close()
    except ChannelPreconditionFailed:
        try:
            await _write(await open_channel(connection), exchange)
        except AMQPChannelError as error:
            return _said_by(error)
    except AMQPChannelError:
        # That exchange is refused: it is asked for by itself.
        return Answer.GRANTED
    return Answer.GRANTED


async def _write(channel: AbstractChannel, exchange: str, expiration: str | None = None) -> None:
    # The user is not this one, which only an impersonator may say.
    properties = spec.Basic.Properties(user_id=_NOBODY, expiration=expiration)
    name = "" if exchange == DEFAULT_EXCHANGE else exchange
    await channel.basic_publish(b"", exchange=name, routing_key=REPLY_KEY, properties=properties)
    closing = channel.closing
    # Not awaited: who is cancelled here must not cancel it.
    await asyncio.wait({closing}, timeout=RPC_TIMEOUT_SECONDS)
    if not closing.done():
        raise TimeoutError
    closing.result()


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
