"""What is measured, each in a virtual host of its own so that rounds can take turns."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.world.broker import RabbitNode, VirtualHost
from tests.world.load import ApiProcess, Order, Producer, RelayProcess, Replies, new_orders
from tests.world.load.processes import KEY, Process

ANSWER_SECONDS = 120.0

_NUMBERS = count()


@dataclass(frozen=True, slots=True)
class Side:
    """A process that answers orders, and both ends of it."""

    process: Process
    host: VirtualHost
    producer: Producer
    replies: Replies

    async def seconds_of(self, order: Order) -> float:
        """How long a single order takes, from its publishing to the reply's arrival."""
        began = time.monotonic()
        await self.producer.publish(order)
        reply = await self.replies.of(order.request_id, timeout_seconds=ANSWER_SECONDS)
        return reply.arrived_at - began

    async def one_by_one(self, orders: int) -> list[float]:
        """How long each takes when the next begins after the reply to the last."""
        return [await self.seconds_of(order) for order in fresh(orders)]


def fresh(orders: int) -> list[Order]:
    """Orders with request_ids that no other call of this gave."""
    return list(new_orders(f"bench-{next(_NUMBERS)}", orders))


@asynccontextmanager
async def relay_side(
    node: RabbitNode, directory: Path, api: ApiProcess, name: str = "relay", **settings: str
) -> AsyncIterator[tuple[Side, RelayProcess]]:
    """A relay with its defaults, but for the given settings."""
    with (
        VirtualHost.fresh(node) as host,
        RelayProcess(directory, host.url, api.url, name, **settings) as relay,
    ):
        await relay.consuming()
        async with Producer.connect(host.url) as producer, Replies.collect(host.url) as replies:
            yield Side(relay, host, producer, replies), relay


@asynccontextmanager
async def script_side(node: RabbitNode, directory: Path, api: ApiProcess) -> AsyncIterator[Side]:
    """The script that anyone would write first, on a topology that a relay left there."""
    with VirtualHost.fresh(node) as host:
        with RelayProcess(directory, host.url, api.url, name="declares") as relay:
            await relay.consuming()
            await relay.stop()
        environment = {"AMQP_URL": host.url, "API_URL": api.url, "API_KEY": KEY}
        with Process(
            "script", directory, ["tests.trials.bench.first_script"], environment
        ) as script:
            await script.until_logged("(consuming)")
            async with Producer.connect(host.url) as producer, Replies.collect(host.url) as replies:
                yield Side(script, host, producer, replies)
