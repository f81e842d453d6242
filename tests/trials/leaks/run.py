"""Losing the broker in three ways, each many times, with orders under way, and looking."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from tests.trials.leaks.bench import Bench
from tests.trials.leaks.flat import Sample
from tests.world.broker import VirtualHost
from tests.world.load import until

OUTAGE_SECONDS = 120.0
POLL_SECONDS = 0.05

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How often the connections are cut, the broker is away, and the node is killed."""

    reconnects: int = 500
    outages: int = 500
    kills: int = 5
    looks: int = 50

    def looks_at(self, number: int, times: int) -> bool:
        """Whether the relay is looked at after this one of so many times."""
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
