"""A relay that can be asked what it holds, with a proxy between it and its broker."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from service.core.topology import build_topology
from tests.edges.amqp.crash import declared
from tests.edges.amqp.proxied import through
from tests.trials.leaks.flat import Sample
from tests.world.broker import VirtualHost
from tests.world.broker.ports import LOOPBACK
from tests.world.faults import Proxy
from tests.world.load import (
    Order,
    Producer,
    RelayProcess,
    new_orders,
    open_files,
    resident_kib,
    until,
)
from tests.world.load.processes import KEY
from tests.world.standin import Options, StandIn

ORDERS_EACH = 3
SERVED_SECONDS = 120.0
CONNECTIONS = 2
ENDLESS = 10_000_000
DELAYS = "1,5"
IDLE = {
    'order_relay_broker_connected{connection="consume"}': 1.0,
    'order_relay_broker_connected{connection="publish"}': 1.0,
    "order_relay_in_flight": 0.0,
}
REFUSED = 'cause="connect_failed"'


class QuickRelay(RelayProcess):
    """A relay whose pauses are short, and which tells what it holds."""

    def __init__(self, directory: Path, amqp_url: str, api_url: str) -> None:
        self._told = directory / "tasks"
        self.program = ("tests.trials.leaks.quick", str(self._told))
        super().__init__(directory, amqp_url, api_url, RETRY__DELAYS_SECONDS=DELAYS)

    async def look(self, after: int) -> Sample:
        """What it holds now."""
        self._told.unlink(missing_ok=True)
        self.send_signal(signal.SIGUSR1)

        async def told() -> bool:
            self.check()
            return self._told.exists()

        await until(told, "the relay tells its tasks", timeout_seconds=SERVED_SECONDS)
        tasks = int(self._told.read_text(encoding="ascii"))
        return Sample(after, tasks, open_files(self.pid), resident_kib(self.pid))


@dataclass
class Bench:
    """One relay that reaches its broker through a proxy, and orders for it."""

    host: VirtualHost
    proxy: Proxy
    api: StandIn
    relay: QuickRelay
    sent: int = 0
    _orders: Iterator[Order] = field(default_factory=lambda: new_orders("leaks", ENDLESS))

    @classmethod
    @asynccontextmanager
    async def start(cls, host: VirtualHost, directory: Path) -> AsyncIterator["Bench"]:
        """The relay consumes."""
        await declared(
            host.url, build_topology("orders", [int(delay) for delay in DELAYS.split(",")])
        )
        await asyncio.to_thread(host.node.settle)
        async with (
            Proxy(LOOPBACK, host.node.amqp_port) as proxy,
            StandIn(Options(keys=frozenset({KEY}))) as api,
        ):
            with QuickRelay(directory, through(proxy, host.url), api.url) as relay:
                await relay.consuming()
                yield cls(host, proxy, api, relay)
                await relay.stop()

    async def under_way(self) -> None:
        """A few orders more are confirmed by the broker, and one of them has come through."""
        before = self.api.ledger.orders
        # On a connection of the moment: a node that was killed took the last one with it.
        async with Producer.connect(self.host.url) as producer:
            await producer.publish_all(islice(self._orders, ORDERS_EACH))
        self.sent += ORDERS_EACH
        await self._until(lambda: self.api.ledger.orders > before, "an order is placed")

    async def quiet(self) -> None:
        """Every order is placed and acked, both connections serve, and nothing is in flight."""
        await self._until(lambda: self.api.ledger.orders == self.sent, "every order is placed")
        # What was placed and not acked when the connection broke comes again.
        await self.host.until(
            lambda queues: not queues["orders.requests"].messages, timeout_seconds=SERVED_SECONDS
        )

        async def idle() -> bool:
            self.relay.check()
            metrics = await self.relay.metrics()
            return all(metrics.get(series) == value for series, value in IDLE.items())

        await until(idle, "the relay is idle", timeout_seconds=SERVED_SECONDS, poll_seconds=0.1)

    async def connected(self, since: int) -> None:
        """Both connections were made anew since so many had been, and stand."""
        await self._until(
            lambda: (
                self.proxy.accepted >= since + CONNECTIONS
                and self.proxy.open_connections == CONNECTIONS
            ),
            "both connections stand",
        )

    async def refused(self) -> float:
        """How often a connection could not be made so far."""
        metrics = await self.relay.metrics()
        return sum(value for series, value in metrics.items() if REFUSED in series)

    async def _until(self, holds: Callable[[], bool], what: str) -> None:
        async def held() -> bool:
            self.relay.check()
            return holds()

        await until(held, what, timeout_seconds=SERVED_SECONDS)
