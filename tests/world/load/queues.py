"""What the queues hold, and orders put into a retry queue as a relay puts them there."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import cast

from pamqp.common import FieldTable

from service.core.history import History, to_headers
from tests.world.broker import Queue
from tests.world.load.orders import Order, Producer

LONGEST_TIER_SECONDS = 3600


def left(queues: Mapping[str, Queue]) -> dict[str, int]:
    """How many messages are in each queue that is not empty, unacknowledged ones included."""
    return {name: queue.messages for name, queue in queues.items() if queue.messages}


async def publish_waiting(
    producer: Producer, orders: Iterable[Order], *, tier_seconds: int = LONGEST_TIER_SECONDS
) -> None:
    """Puts orders into the retry queue of a tier, each after one attempt of unknown outcome."""
    now = datetime.now(UTC)
    history = History(
        first_seen=now, attempts=1, retries=1, unknown_since=now, last_outcome="unknown"
    )
    await producer.publish_all(
        orders,
        exchange="orders.retry",
        routing_key=str(tier_seconds),
        headers=cast("FieldTable", to_headers(history)),
    )
