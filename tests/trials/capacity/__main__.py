"""`make capacity`: exit code 0 where the throughputs are within a tenth of their formula."""

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

from tests.trials.capacity.formulas import catching_up_seconds, throughput
from tests.world.admin import metric
from tests.world.broker import VirtualHost
from tests.world.commands import broker_node, carried_out, say
from tests.world.load.waiting import until
from tests.world.producer import GOOD, Producer
from tests.world.relay_process import RelayProcess
from tests.world.standin import AllCalls, Options, StandIn
from tests.world.standin.faults import Delay

KEY = "test-key"
LATENCY_SECONDS = 1.0
TOLERANCE = 0.1
SECONDS = 25.0
"""So long each case is served at the rate that is foretold."""
CAUGHT_UP_SECONDS = 600.0


@dataclass(frozen=True)
class Case:
    """So many replicas, each with so many calls at a time, under a budget where one is set."""

    replicas: int
    concurrency: int
    budget: float | None = None

    def foretold(self, latency_seconds: float = LATENCY_SECONDS) -> float:
        """Orders a second."""
        return throughput(self.budget, self.replicas, self.concurrency, latency_seconds)


CASES = (Case(1, 8), Case(2, 8), Case(2, 8, 10.0))
OUTAGE, RATE, OUTAGE_SECONDS = Case(1, 8), 4.0, 20.0


@dataclass(frozen=True)
class Measured:
    """Orders a second or seconds, and how long a call took on average: a busy machine is slower."""

    value: float
    latency_seconds: float


async def measure(url: str, case: Case) -> Measured:
    """Orders a second, from a backlog, between the first tenth of the replies and the last one."""
    orders = int(case.foretold() * SECONDS)
    async with AsyncExitStack() as stack:
        producer, relays = await _begun(stack, url, case, orders)
        await producer.reply(f"o-{orders // 10}")
        begin, already = time.monotonic(), len(producer.replies)
        for number in range(orders):
            await producer.reply(f"o-{number}", timeout_seconds=8 * SECONDS)
        seconds = time.monotonic() - begin
        return Measured((orders - already) / seconds, await _latency(relays))


async def catch_up(url: str, case: Case, rate: float, outage_seconds: float) -> Measured:
    """Seconds until no order waits any more, which came at `rate` while nobody served them."""
    waiting = int(rate * outage_seconds)
    async with AsyncExitStack() as stack:
        producer, relays = await _begun(stack, url, case, waiting)
        await producer.reply("o-0")
        begin, sent, left = time.monotonic(), waiting, case.concurrency

        async def caught_up() -> bool:
            nonlocal sent
            while sent < waiting + rate * (time.monotonic() - begin):
                await producer.send(f"o-{sent}", GOOD)
                sent += 1
            return len(producer.replies) >= sent - left

        await until(caught_up, "no order waits any more", timeout_seconds=CAUGHT_UP_SECONDS)
        return Measured(time.monotonic() - begin, await _latency(relays))


async def _latency(relays: list[RelayProcess]) -> float:
    """By the metric that the page names."""
    name = "order_relay_api_request_duration_seconds"
    sums = [await metric(relay, f'{name}_sum{{outcome="accepted"}}') for relay in relays]
    counts = [await metric(relay, f'{name}_count{{outcome="accepted"}}') for relay in relays]
    return sum(sums) / sum(counts)


async def _begun(
    stack: AsyncExitStack, url: str, case: Case, orders: int
) -> tuple[Producer, list[RelayProcess]]:
    """A backlog of orders, and relays that have just begun to serve it."""
    api = await stack.enter_async_context(StandIn(Options(keys=frozenset({KEY}))))
    api.faults.add(Delay(seconds=LATENCY_SECONDS), AllCalls(), times=None)
    settings = {"AMQP__URL": url, "API__URL": api.url, "API__KEY": KEY, "LOG__FORMAT": "json"}
    settings["API__CONCURRENCY"] = str(case.concurrency)
    if case.budget is not None:
        settings["API__RATE_PER_SECOND"] = str(case.budget)
    # The first one declares the topology, and waits at an API that does not know it.
    async with RelayProcess.start(settings) as first:
        await first.event("consuming")
    producer = await stack.enter_async_context(Producer.connect(url))
    for number in range(orders):
        await producer.send(f"o-{number}", GOOD)
    started = [
        await stack.enter_async_context(RelayProcess.start(settings)) for _ in range(case.replicas)
    ]
    await asyncio.gather(*(relay.event("consuming") for relay in started))
    return producer, started


def work() -> int:
    """The exit code; a line for each case."""
    results: list[tuple[str, float, float, float]] = []
    with broker_node("capacity") as (node, _):
        for case in CASES:
            with VirtualHost.fresh(node) as host:
                got = asyncio.run(measure(host.url, case))
            name = f"{case}, {got.latency_seconds:.3f} s a call: orders a second"
            results.append((name, case.foretold(got.latency_seconds), got.value, TOLERANCE))
        with VirtualHost.fresh(node) as host:
            got = asyncio.run(catch_up(host.url, OUTAGE, RATE, OUTAGE_SECONDS))
        foretold = catching_up_seconds(RATE, OUTAGE_SECONDS, OUTAGE.foretold(got.latency_seconds))
        # With a throughput of twice the rate, a tenth less of it takes a fifth more time.
        results.append((f"{OUTAGE}: seconds to catch up", foretold, got.value, 2 * TOLERANCE))
    for name, foretold, value, _ in results:
        say(f"{name}: {foretold:.1f} by the formula, {value:.1f} ({value / foretold - 1:+.0%})")
    return int(any(abs(value / foretold - 1) > most for _, foretold, value, most in results))


if __name__ == "__main__":
    sys.exit(carried_out(work))
