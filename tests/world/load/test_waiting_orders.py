"""Orders in the retry queues are in nobody's way."""

from pathlib import Path

import pytest

from tests.world.broker import VirtualHost
from tests.world.load import (
    LONGEST_TIER_SECONDS,
    Producer,
    RelayProcess,
    Replies,
    left,
    new_orders,
    publish_waiting,
)
from tests.world.load.processes import KEY
from tests.world.standin import Options, StandIn

WAITING = 1000
FRESH = 200


@pytest.mark.timeout(180)
async def test_a_thousand_orders_wait_while_fresh_ones_are_answered(
    vhost: VirtualHost, tmp_path: Path
) -> None:
    """All the fresh ones are placed, answered and acked, and all the waiting ones still wait."""
    async with StandIn(Options(keys=frozenset({KEY}))) as api:
        with RelayProcess(tmp_path, vhost.url, api.url) as relay:
            await relay.consuming()
            async with Producer.connect(vhost.url) as producer, Replies.collect(vhost.url) as told:
                await publish_waiting(producer, new_orders("waiting", WAITING))
                await producer.publish_all(new_orders("fresh", FRESH))
                await told.until(lambda: len(told) == FRESH, "the fresh are not all answered")

                still = {f"orders.retry.{LONGEST_TIER_SECONDS}": WAITING}
                await vhost.until(lambda queues: left(queues) == still)
                assert set(told.by_id) == {order.request_id for order in new_orders("fresh", FRESH)}
                assert {reply.status for reply in told.by_id.values()} == {"accepted"}
                assert not told.repeated
                assert api.ledger.orders == FRESH
            assert await relay.stop() == 0


@pytest.mark.timeout(180)
async def test_the_waiting_orders_are_retries(vhost: VirtualHost, tmp_path: Path) -> None:
    """One like them, in the shortest tier, comes back and is answered: they wait for nothing else.

    Without this the test above could pass for orders that the relay would never take.
    """
    async with StandIn(Options(keys=frozenset({KEY}))) as api:
        with RelayProcess(tmp_path, vhost.url, api.url) as relay:
            await relay.consuming()
            async with Producer.connect(vhost.url) as producer, Replies.collect(vhost.url) as told:
                (order,) = new_orders("waiting", 1)
                await publish_waiting(producer, [order], tier_seconds=1)
                assert (await told.of(order.request_id)).status == "accepted"
