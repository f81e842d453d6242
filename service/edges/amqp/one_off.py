"""One operation on the broker, on its own connection; retried when the connection breaks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiormq.exceptions
from aio_pika.abc import AbstractConnection

from service.core.backoff import full_jitter
from service.edges.amqp import broker as brokers
from service.edges.amqp.broker import Broker
from service.flow.events.labels import ConnectionName

TRIES = 5
PAUSE_SECONDS = 0.5

_INTERRUPTIONS = (aiormq.exceptions.AMQPError, aiormq.exceptions.ChannelInvalidStateError, OSError)

T = TypeVar("T")


class BrokerInterruptedError(Exception):
    """The broker ended the connection, or did not answer in time, at every try."""


def keep_quiet() -> None:
    """Without a handler Python prints the library's tracebacks beside our one line."""
    logging.getLogger("aiormq").addHandler(logging.NullHandler())


async def run_one_off(
    broker: Broker,
    operation: Callable[[AbstractConnection], Awaitable[T]],
    *,
    random: Callable[[], float],
) -> tuple[T, str]:
    """What `operation` returns, and the broker's address for people.

    A busy node may end the connection that declares a new quorum queue (541), and create the queue
    a moment later: so `operation` must be safe to run twice.

    Raises BrokerUnreachableError, and BrokerInterruptedError after the last try.
    """
    keep_quiet()
    problem = ""
    for number in range(TRIES):
        if number:
            await asyncio.sleep(full_jitter(PAUSE_SECONDS * 2**number, random()))
        connection, address = await broker.connect(ConnectionName.PUBLISH)
        try:
            return await operation(connection), address
        except _INTERRUPTIONS as error:
            problem = f"{address}: {type(error).__name__} {error}".rstrip()
        finally:
            await brokers.close(connection)
    raise BrokerInterruptedError(f"{problem} ({TRIES} tries)")
