"""Replicas that say what they always say, on a node of their own, and what the node makes of it."""

import asyncio
import os
import re
import time
import urllib.request
from dataclasses import dataclass

from service.edges.amqp.broker import Broker
from tests.edges.amqp.replicas import all_have, starting
from tests.world.broker import RabbitNode
from tests.world.broker.vhost import VirtualHost
from tests.world.load.procfs import cpu_seconds

BEGUN_SECONDS = 300.0
_COUNTER = r"^rabbitmq_global_messages_{}_total\{{[^}}]*amqp091[^}}]*\}} (\S+)$"


@dataclass(frozen=True, slots=True)
class Cost:
    """What so many replicas cost, in parts of a core, and how soon all share that start at once."""

    replicas: int
    begun_seconds: float
    published_per_second: float
    delivered_per_second: float
    broker: float
    replica: float


@dataclass(frozen=True, slots=True)
class _Count:
    published: float
    delivered: float
    broker_seconds: float
    own_seconds: float

    @classmethod
    def now(cls, node: RabbitNode) -> "_Count":
        with urllib.request.urlopen(node.prometheus_url, timeout=30) as answer:
            page = answer.read().decode()
        published, delivered = (
            sum(map(float, re.findall(_COUNTER.format(what), page, re.MULTILINE)))
            for what in ("received", "delivered")
        )
        return cls(published, delivered, cpu_seconds(node.pid), cpu_seconds(os.getpid()))


async def measure(node: RabbitNode, replicas: int, seconds: float) -> Cost:
    """The cost of so many replicas in this process, less that of the node when nobody is there."""
    idle = await _over(node, seconds)
    with VirtualHost.fresh(node) as host:
        async with starting(Broker([host.url])) as start:
            begun_at = time.monotonic()
            ones = [start(f"{number:03}") for number in range(replicas)]
            await all_have(1 / replicas, *ones, timeout_seconds=BEGUN_SECONDS)
            begun_seconds = time.monotonic() - begun_at
            busy = await _over(node, seconds)
    return Cost(
        replicas,
        begun_seconds,
        busy.published,
        busy.delivered,
        busy.broker_seconds - idle.broker_seconds,
        busy.own_seconds / replicas,
    )


async def _over(node: RabbitNode, seconds: float) -> _Count:
    """What is counted in a second, on average."""
    before = await asyncio.to_thread(_Count.now, node)
    await asyncio.sleep(seconds)
    after = await asyncio.to_thread(_Count.now, node)
    return _Count(
        *((getattr(after, name) - getattr(before, name)) / seconds for name in _Count.__slots__)
    )
