"""One channel that publishes, and what is unconfirmed on it."""

import asyncio

from aiormq.abc import AbstractChannel

from service.edges.amqp.attempt import Outgoing, Sending, attempt
from service.edges.amqp.connection import expected

MOST_IN_FLIGHT = 100
"""On one channel: after some 200 that stand still the broker reads nothing from the connection."""


class Lane:
    """A channel, and what is unconfirmed on it."""

    def __init__(self, channel: AbstractChannel) -> None:
        self.channel = channel
        self.room = asyncio.Semaphore(MOST_IN_FLIGHT)
        self.left: asyncio.Future[None] = asyncio.Future()
        self.sending: set[Sending] = set()

    def begin(self, outgoing: Outgoing, turn: asyncio.Lock) -> Sending:
        """Publish in a task of its own, which outlasts whoever waits for it."""
        task = expected(asyncio.create_task(attempt(self.channel, outgoing, turn)))
        self.sending.add(task)
        task.add_done_callback(self.sending.discard)
        return task
