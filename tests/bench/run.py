"""Everything that is measured, one after the other, against one node and one stand-in."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench import measure
from tests.bench.figures import Figure
from tests.bench.sides import api_side, relay_side, script_side
from tests.broker import RabbitNode


@dataclass(frozen=True, slots=True)
class Plan:
    """How often and how much."""

    bursts: int = 5
    burst_orders: int = 1000
    singles: int = 200
    rounds: int = 7
    round_orders: int = 30
    waiting: int = 1000
    slow_seconds: float = 3.0
    starts: int = 5


FULL = Plan()
QUICK = Plan(
    bursts=1, burst_orders=200, singles=20, rounds=1, round_orders=10, slow_seconds=3.0, starts=1
)


async def bench(
    node: RabbitNode, directory: Path, plan: Plan, say: Callable[[str], None]
) -> list[Figure]:
    """All figures; what comes next is said."""
    found: list[Figure] = []
    async with api_side(directory) as api, relay_side(node, directory, api) as (side, relay):
        say("a backlog, against the script that anyone would write first")
        async with script_side(node, directory, api) as script:
            # The first orders make connections and fill caches.
            await measure.throughput(side, script, rounds=1, orders=50)
            found += await measure.throughput(
                side, script, rounds=plan.bursts, orders=plan.burst_orders
            )
        say("single orders")
        found += await measure.latency(side, relay, orders=plan.singles)
        say("single orders in company")
        found += await measure.company(
            side,
            api,
            rounds=plan.rounds,
            orders=plan.round_orders,
            waiting=plan.waiting,
            slow_seconds=plan.slow_seconds,
        )
        say("starts")
        assert await relay.stop() == 0
        found += await measure.start_up(side, api, directory, starts=plan.starts)
    return found
