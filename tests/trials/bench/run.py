"""Everything that is measured, one after the other, against one node and one stand-in."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.trials.bench import measure, telemetry
from tests.trials.bench.figures import Figure
from tests.trials.bench.sides import Side, relay_side, script_side
from tests.world.broker import RabbitNode
from tests.world.load import ApiProcess
from tests.world.load.processes import Process


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
    flow_rounds: int = 9
    flow_orders: int = 6400


FULL = Plan()
QUICK = Plan(1, 200, 20, rounds=1, round_orders=10, starts=1, flow_rounds=1, flow_orders=256)


async def bench(
    node: RabbitNode, directory: Path, plan: Plan, say: Callable[[str], None]
) -> list[Figure]:
    """All figures; what comes next is said."""
    found: list[Figure] = []
    async with AsyncExitStack() as stack:
        api = stack.enter_context(ApiProcess(directory))
        await api.ready()
        side, relay = await stack.enter_async_context(relay_side(node, directory, api))
        say("a backlog, against the script that anyone would write first")
        async with script_side(node, directory, api) as script:
            sides = {"relay": side, "first script": script}
            found += await measure.throughput(sides, rounds=plan.bursts, orders=plan.burst_orders)
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
        say("telemetry")
        found += await _telemetry(node, directory, plan, api, side)
        say("starts")
        assert await relay.stop() == 0
        found += await measure.start_up(side, api, directory, starts=plan.starts)
    return found


async def _telemetry(
    node: RabbitNode, directory: Path, plan: Plan, api: ApiProcess, plain: Side
) -> list[Figure]:
    with Process("collector", directory, ["tests.trials.bench.collector"], {}) as collector:
        url = await collector.until_logged(r"READY (\S+)")
        found = telemetry.flow(url, rounds=plan.flow_rounds, orders=plan.flow_orders)
        settings = {"TRACES__ENDPOINT": url}
        async with relay_side(node, directory, api, "traced", **settings) as (traced, _):
            sides = {"traced relay": traced, "untraced": plain}
            more = await measure.throughput(sides, rounds=plan.bursts, orders=plan.burst_orders)
    return [*found, *more]
