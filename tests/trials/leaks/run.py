"""A relay loses its broker in three ways, each many times, and is asked what it holds."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
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
OUTAGE_SECONDS = 120.0
POLL_SECONDS = 0.05
CONNECTIONS = 3
ENDLESS = 10_000_000
DELAYS = "1,5"
IDLE = {
    'order_relay_broker_connected{connection="consume"}': 1.0,
    'order_relay_broker_connected{connection="publish"}': 1.0,
    "order_relay_in_flight": 0.0,
}
REFUSED = 'cause="connect_failed"'


Say = Callable[[str], None]


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
        """Both connections were made anew after `since` of them, and stand."""
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


@dataclass(frozen=True, slots=True)
class Plan:
    """How often the connections are cut, the broker is away, and the node is killed."""

    reconnects: int = 500
    outages: int = 500
    kills: int = 5
    looks: int = 50

    def looks_at(self, number: int, times: int) -> bool:
        """Whether the relay is looked at after this one of all `times`."""
        return number % max(1, times // self.looks) == 0


async def cut(bench: Bench) -> None:
    """Both connections are reset while orders are under way."""
    accepted = bench.proxy.accepted
    bench.proxy.cut()
    await bench.connected(accepted)


async def away(bench: Bench) -> None:
    """Nobody listens until the relay has tried in vain."""
    accepted, refused = bench.proxy.accepted, await bench.refused()
    await bench.proxy.refuse()
    bench.proxy.cut()

    async def tried() -> bool:
        bench.relay.check()
        return await bench.refused() > refused

    await until(tried, "the relay tries", timeout_seconds=OUTAGE_SECONDS, poll_seconds=POLL_SECONDS)
    await bench.proxy.refuse(on=False)
    await bench.connected(accepted)


async def killed(bench: Bench) -> None:
    """The node itself is killed, and started again."""
    accepted = bench.proxy.accepted
    await asyncio.to_thread(bench.host.node.kill)
    await asyncio.to_thread(bench.host.node.start_again)
    await bench.connected(accepted)


async def repeat(
    bench: Bench,
    name: str,
    loss: Callable[[Bench], Awaitable[None]],
    times: int,
    plan: Plan,
    say: Say,
) -> list[Sample]:
    """What the relay held between the losses, each time after all orders were placed."""
    samples = []
    began = time.monotonic()
    for number in range(1, times + 1):
        await bench.under_way()
        await loss(bench)
        if plan.looks_at(number, times):
            await bench.quiet()
            samples.append(sample := await bench.relay.look(number))
            say(
                f"{name} {number}/{times}: {sample.tasks} tasks, {sample.files} descriptors,"
                f" {sample.resident_kib} KiB, {time.monotonic() - began:.0f} s"
            )
    return samples


async def run(host: VirtualHost, directory: Path, plan: Plan, say: Say) -> dict[str, list[Sample]]:
    """The samples of each way to lose the broker; every order was placed once."""
    async with Bench.start(host, directory) as bench:
        return {
            "reconnects": await repeat(bench, "reconnects", cut, plan.reconnects, plan, say),
            "outages": await repeat(bench, "outages", away, plan.outages, plan, say),
            "kills": await repeat(bench, "kills", killed, plan.kills, plan, say),
        }
