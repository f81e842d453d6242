"""A busy node now and then fails at what it can do: it is asked again, which changes nothing."""

import asyncio
import http.client
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aio_pika.exceptions import ChannelInvalidStateError
from aiormq.exceptions import ConnectionInternalError

from tests.world.broker.errors import NodeFailureError

TRIES = 6
PAUSE_SECONDS = 0.5
ANSWER_SECONDS = 30.0
"""Longer than RabbitMQ's own limits for a new quorum queue: its answer says more than silence."""

# A refusal is none of these: it would come again, and a test may be about it.
AMQP_FAILURES = (ConnectionInternalError, ChannelInvalidStateError, ConnectionError, TimeoutError)
HTTP_FAILURES = (NodeFailureError, OSError, http.client.HTTPException)

T = TypeVar("T")


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """What `ask` gives; each try opens what it needs, for a failure ends the connection."""
    for _ in range(TRIES - 1):
        try:
            return await asyncio.wait_for(ask(), ANSWER_SECONDS)
        except AMQP_FAILURES:
            await asyncio.sleep(PAUSE_SECONDS)
    return await ask()


def patiently_by_http(ask: Callable[[], T]) -> T:
    """The same for a request to the management API."""
    for _ in range(TRIES - 1):
        try:
            return ask()
        except HTTP_FAILURES:
            time.sleep(PAUSE_SECONDS)
    return ask()
