"""One slow order delays no other."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from tests.world.broker import VirtualHost
from tests.world.load import Producer, RelayProcess, Replies, left, new_orders
from tests.world.load.processes import KEY
from tests.world.standin import Options, StandIn

OTHERS = 300
"""More than the relay holds at a time, so that they come through past the slow one."""


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


@pytest.mark.timeout(180)
async def test_one_slow_order_delays_no_other(vhost: VirtualHost, tmp_path: Path) -> None:
    """While one order is with the API, all that come after it are placed, answered and acked."""
    (slow,), others = new_orders("slow", 1), list(new_orders("other", OTHERS))
    async with HoldingApi(slow.request_id) as api:
        with RelayProcess(tmp_path, vhost.url, api.url, API__TIMEOUT_SECONDS="600") as relay:
            await relay.consuming()
            async with Producer.connect(vhost.url) as producer, Replies.collect(vhost.url) as told:
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
                assert {reply.status for reply in told.by_id.values()} == {"accepted"}
                assert not told.repeated
                assert api.ledger.summary()["calls"] == OTHERS + 1
            assert await relay.stop() == 0
