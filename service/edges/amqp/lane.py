"""One channel that publishes, and what is unconfirmed on it: one at a time for each id."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import inf

from aiormq.abc import AbstractChannel

from service.edges.amqp.attempt import Outgoing, Sending, attempt
from service.edges.amqp.connection import expected
from service.flow.keyed_lock import KeyedLock

MOST_IN_FLIGHT = 100
"""On one channel: after some 200 that stand still the broker reads nothing from the connection."""


class Lane:
    """A channel, and what is unconfirmed on it."""

    def __init__(self, channel: AbstractChannel) -> None:
        self.channel = channel
        self._room = asyncio.Semaphore(MOST_IN_FLIGHT)
        self._same_id = KeyedLock()
        self.left: asyncio.Future[None] = asyncio.Future()
        self.answered_at = -inf
        self.sending: set[Sending] = set()

    @asynccontextmanager
    async def turn_of(self, message_id: str) -> AsyncIterator[None]:
        """Inside the block there is room for one more, and none of its id is unconfirmed.

        aiormq recognises a returned message by its message_id: of two in flight on one channel with
        one id, the wrong one would be reported as confirmed.
        """
        # Room last: copies of one id that wait for each other must not use it up.
        async with self._same_id.hold(message_id), self._room:
            yield

    def waiting(self, message_id: str) -> int:
        """How many of this id are on it, or wait for their turn."""
        return self._same_id.users(message_id)

    def begin(self, outgoing: Outgoing, turn: asyncio.Lock) -> Sending:
        """Publish in a task of its own, which outlasts whoever waits for it."""
        task = expected(asyncio.create_task(attempt(self.channel, outgoing, turn)))
        self.sending.add(task)
        task.add_done_callback(self.sending.discard)
        return task
