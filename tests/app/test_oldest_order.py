"""The age of the oldest order that a process holds, on real parts."""

import json
from datetime import UTC, datetime, timedelta

import aio_pika
import pytest
from pamqp.common import FieldValue

from service.core.history import FIRST_SEEN
from service.core.times import to_rfc3339
from tests.world.admin import metric
from tests.world.fixtures import RunRelay
from tests.world.producer import GOOD
from tests.world.standin.faults import HangBefore
from tests.world.standin.matching import AllCalls

AGE = "order_relay_oldest_order_age_seconds"
AN_HOUR: dict[str, FieldValue] = {FIRST_SEEN: to_rfc3339(datetime.now(UTC) - timedelta(hours=1))}


async def _publish_to_tier(url: str, message_id: str) -> None:
    """What the relay does with an order that waits for a second."""
    async with await aio_pika.connect(url, timeout=60) as connection:
        channel = await connection.channel(on_return_raises=True)
        exchange = await channel.get_exchange("orders.retry", ensure=False)
        body = json.dumps(GOOD).encode()
        message = aio_pika.Message(body, message_id=message_id, delivery_mode=2, headers=AN_HOUR)
        await exchange.publish(message, "1", timeout=60)


@pytest.mark.timeout(180)
async def test_only_a_waiting_tier_makes_an_order_old(run_relay: RunRelay) -> None:
    """A producer's header counts for nothing; the same one, out of a tier, for all it says."""
    async with run_relay(API__TIMEOUT_SECONDS=300, DRAIN_SECONDS=1) as running:
        assert await metric(running.relay, AGE) == 0
        running.api.faults.add(HangBefore(), AllCalls(), times=2)
        await running.producer.send("o-1", headers=AN_HOUR)
        await running.api.seen("o-1", timeout=60)
        young = await metric(running.relay, AGE)
        older = await metric(running.relay, AGE)
        assert 0 < young < older < 3600
        await _publish_to_tier(running.vhost.url, "o-2")
        await running.api.seen("o-2", timeout=60)
        assert 3600 <= await metric(running.relay, AGE) < 7200
