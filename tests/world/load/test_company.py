"""One slow order delays no other, and orders in the retry queues are in nobody's way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

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

pytestmark = pytest.mark.timeout(180)

OTHERS = 300
"""More than the relay holds at a time, so that they come through past the slow one."""
WAITING = 1000
FRESH = 200

Served = tuple[RelayProcess, Producer, Replies]


class HoldingApi(StandIn):
    """A stand-in that keeps every call for one request_id waiting until it is released."""

    def __init__(self, request_id: str) -> None:
        super().__init__(Options(keys=frozenset({KEY})))
        self._held = f"request_id={request_id}".encode()
        self.holding = asyncio.Event()
        self.released = asyncio.Event()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Waits, where it is the one, and serves as usual."""
        if self._held in await request.read():
            self.holding.set()
            await self.released.wait()
        return await super().handle(request)


@asynccontextmanager
async def served(
    host: VirtualHost, directory: Path, api: StandIn, **settings: str
) -> AsyncIterator[Served]:
    """A relay that consumes, a producer and its replies; at the end it has told each once."""
    with RelayProcess(directory, host.url, api.url, **settings) as relay:
        await relay.consuming()
        async with Producer.connect(host.url) as producer, Replies.collect(host.url) as told:
            yield relay, producer, told
            assert {reply.status for reply in told.by_id.values()} == {"accepted"}
            assert not told.repeated
        assert await relay.stop() == 0


async def test_one_slow_order_delays_no_other(vhost: VirtualHost, tmp_path: Path) -> None:
    """While one order is with the API, all that come after it are placed, answered and acked."""
    (slow,), others = new_orders("slow", 1), list(new_orders("other", OTHERS))
    async with (
        HoldingApi(slow.request_id) as api,
        served(vhost, tmp_path, api, API__TIMEOUT_SECONDS="600") as (relay, producer, told),
    ):
        await producer.publish(slow)
        await asyncio.wait_for(api.holding.wait(), 10)

        await producer.publish_all(others)
        await told.until(lambda: len(told) == OTHERS, "the others are not all answered")
        only_slow_is_left = {"orders.requests": 1}
        await vhost.until(lambda queues: left(queues) == only_slow_is_left)
        assert (await relay.metrics())["order_relay_in_flight"] == 1
        assert api.ledger.orders == OTHERS
        assert slow.request_id not in told.by_id

        api.released.set()
        assert (await told.of(slow.request_id)).status == "accepted"
        await vhost.until(lambda queues: left(queues) == {})
        assert api.ledger.summary()["calls"] == OTHERS + 1


async def test_a_thousand_orders_wait_while_fresh_ones_are_answered(
    vhost: VirtualHost, tmp_path: Path
) -> None:
    """All the fresh ones are placed, answered and acked, and all the waiting ones still wait."""
    async with (
        StandIn(Options(keys=frozenset({KEY}))) as api,
        served(vhost, tmp_path, api) as (_, producer, told),
    ):
        await publish_waiting(producer, new_orders("waiting", WAITING))
        await producer.publish_all(new_orders("fresh", FRESH))
        await told.until(lambda: len(told) == FRESH, "the fresh are not all answered")

        still = {f"orders.retry.{LONGEST_TIER_SECONDS}": WAITING}
        await vhost.until(lambda queues: left(queues) == still)
        assert set(told.by_id) == {order.request_id for order in new_orders("fresh", FRESH)}
        assert api.ledger.orders == FRESH


async def test_the_waiting_orders_are_retries(vhost: VirtualHost, tmp_path: Path) -> None:
    """One like them, in the shortest tier, comes back and is answered: they wait for nothing else.

    Without this the test above could pass for orders that the relay would never take.
    """
    async with (
        StandIn(Options(keys=frozenset({KEY}))) as api,
        served(vhost, tmp_path, api) as (_, producer, told),
    ):
        (order,) = new_orders("waiting", 1)
        await publish_waiting(producer, [order], tier_seconds=1)
        assert (await told.of(order.request_id)).status == "accepted"
