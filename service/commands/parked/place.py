"""Where the parked messages are, and what the relays there go by."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from service.app.certificates import tls_files
from service.app.settings import ShownSettings
from service.core.decision import RetryPolicy
from service.core.parked.replaying import Rules
from service.core.topology import Topology, build_topology
from service.edges.amqp.broker import Broker
from service.edges.amqp.held import Held, Keep
from service.edges.amqp.whole_queue import WAIT_FOR_OTHERS_SECONDS, WholeQueue

CONNECT_SECONDS = 5.0
PARKED = "parked"
UNROUTED = "unrouted"

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Place:
    """One broker with one name space; `queue` is what is looked at.

    Another one who looks is waited for `patience_seconds`.
    """

    broker: Broker
    topology: Topology
    rules: Rules
    queue: str
    patience_seconds: float = WAIT_FOR_OTHERS_SECONDS

    @classmethod
    def of(
        cls,
        settings: ShownSettings,
        which: str,
        patience_seconds: float = WAIT_FOR_OTHERS_SECONDS,
    ) -> "Place":
        """The place of these settings."""
        amqp, retry = settings.amqp, settings.retry
        policy = RetryPolicy(
            delays_seconds=retry.delays_seconds,
            max_attempts=retry.max_attempts,
            max_age_seconds=retry.max_age_seconds,
            idempotency_window_seconds=settings.api.idempotency_window_seconds,
        )
        return cls(
            Broker(amqp.urls, tls_files(amqp), connect_timeout_seconds=CONNECT_SECONDS),
            build_topology(amqp.namespace, retry.delays_seconds),
            Rules(amqp.namespace, policy),
            f"{amqp.namespace}.{which}",
            patience_seconds,
        )

    @property
    def connection_name(self) -> str:
        """What the broker's list of connections shows."""
        return self.queue.rpartition(".")[2]

    @asynccontextmanager
    async def held(self, keep: Keep[Kept]) -> AsyncIterator[Held[Kept]]:
        """Hold the whole queue; see `WholeQueue.held`."""
        whole = WholeQueue(
            self.broker,
            self.queue,
            random=random.random,
            patience_seconds=self.patience_seconds,
        )
        async with whole.held(keep, self.connection_name) as held:
            yield held

    async def look(self, keep: Keep[Kept]) -> list[Kept]:
        """What `keep` makes of each message; nothing is taken out."""
        async with self.held(keep) as held:
            pass
        return held.kept
