"""Connections of the run's own, straight to the broker, and what they can fail with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
from aio_pika.abc import AbstractConnection
from aiormq.exceptions import AMQPError

from service.edges.amqp.declare import TopologyError

CONNECT_SECONDS = 10.0
AGAIN_SECONDS = 0.3

AMQP_FAILURES = (AMQPError, TopologyError, OSError, RuntimeError, TimeoutError)
"""What a call of aiormq can fail with while the broker is down, comes up or refuses."""


@asynccontextmanager
async def broker_connection(url: str) -> AsyncIterator[AbstractConnection]:
    """A connection straight to the broker; one of AMQP_FAILURES where there is none."""
    connection = await aio_pika.connect(url, timeout=CONNECT_SECONDS)
    async with connection:
        yield connection
