"""Phases under load: each does something to the nodes; the checker of chaos judges the orders."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from pathlib import Path

from rich.table import Table

from service.core.decision import RetryPolicy
from tests.trials.chaos.brokers import ChaosBroker
from tests.trials.chaos.checker import Kind, check
from tests.trials.chaos.collecting import Collecting
from tests.trials.chaos.history import History
from tests.trials.chaos.kinds import Kind as Fault
from tests.trials.chaos.plan import orders
from tests.trials.chaos.run import Run, Say
from tests.trials.chaos.scenario import FaultPlan, Load, RelaySettings, Scenario
from tests.trials.chaos.sending import Sending
from tests.trials.chaos.world import World
from tests.world.broker import RabbitNode
from tests.world.commands import table_of
from tests.world.load import until

ORDERS_MEANWHILE = 20
SERVED_SECONDS = 120.0
EVERY = (0, 1, 2)
SCENARIO = Scenario(
    name="cluster",
    about="Good orders at a steady pace, for one relay that waits as by default.",
    replicas=1,
    nodes=3,
    load=Load(
        orders=1_000_000,
        rate_per_second=20.0,
        share_with_deadline=0.0,
        share_bad=0.0,
        share_twins=0.0,
        share_unrouted=0.0,
    ),
    relay=RelaySettings(
        retry_delays_seconds=RetryPolicy().delays_seconds, api_timeout_seconds=30.0, concurrency=64
    ),
    # What is done, a phase says; none of it is left to chance.
    faults=(FaultPlan(kind=Fault.BROKER_KILL, every_seconds=3600),),
)

Served = Callable[[], Awaitable[None]]
Action = Callable[[World, Served], Awaitable[None]]


@dataclass
class Phase(Run):
    """A run in which orders flow until the action has been carried out."""

    action: Action = field(kw_only=True)

    async def _under_fire(self, world: World, sending: Sending, collecting: Collecting) -> None:
        async def served() -> None:
            wanted = len(collecting.answered) + ORDERS_MEANWHILE

            async def answered() -> bool:
                return len(collecting.answered) >= wanted

            what = f"{ORDERS_MEANWHILE} more orders are answered"
            await until(answered, what, timeout_seconds=SERVED_SECONDS)

        over = asyncio.Event()
        steady = takewhile(lambda _: not over.is_set(), orders(self.scenario.load, self.seed))
        async with asyncio.TaskGroup() as group:
            group.create_task(sending.send_all(steady, lambda: len(collecting.answered)))
            await served()
            await self.action(world, served)
            await served()
            over.set()


@dataclass(frozen=True, slots=True)
class Result:
    """One phase: `wrong` is what the checker found, and what else was wrong."""

    phase: str
    orders: int
    lost: int
    placed_twice: int
    answered_twice: int
    longest_silence_seconds: float
    wrong: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether each order was placed once and accepted; an answer may be repeated."""
        return bool(self.orders) and not self.wrong


def judge(phase: str, history: History, problems: Sequence[str] = ()) -> Result:
    """What came of the orders of a phase: pure."""
    verdict = check(history)
    calls_at = sorted(call.arrived_at for call in history.called)
    refused = [f"{told.request_id} is {told.status}" for told in history.told if not told.order]
    found = [f"{each.kind}: {each.sentence}" for each in verdict.failures]
    return Result(
        phase=phase,
        orders=verdict.orders,
        lost=verdict.by_kind[Kind.LOST],
        placed_twice=verdict.by_kind[Kind.DOUBLED],
        answered_twice=verdict.replies - len({told.request_id for told in history.told}),
        longest_silence_seconds=max((b - a for a, b in pairwise(calls_at)), default=0.0),
        wrong=(*found, *refused, *problems),
    )


def table(results: Iterable[Result]) -> Table:
    """A row for each phase."""
    shown = table_of("phase", "orders", "lost", "twice", "answers twice", "silence")
    for one in results:
        counts = (one.orders, one.lost, one.placed_twice, one.answered_twice)
        shown.add_row(one.phase, *map(str, counts), f"{one.longest_silence_seconds:.1f} s")
    return shown


def taken_down(down: Callable[[RabbitNode], None]) -> Action:
    """Each node in turn is taken down, is away while orders are served, and comes back."""

    async def action(world: World, served: Served) -> None:
        await asyncio.to_thread(world.broker.settle)
        for node in EVERY:
            await asyncio.to_thread(down, world.broker.nodes[node])
            await served()
            await asyncio.to_thread(world.broker.start_again, node)

    return action


async def led_by_each(world: World, served: Served) -> None:
    """Each node in turn becomes the leader of every queue."""
    for node in EVERY:
        await asyncio.to_thread(world.broker.move_leaders, node)
        await served()


PHASES: dict[str, Action] = {
    "leaders moved to each node": led_by_each,
    "each node stopped, rolling restart": taken_down(RabbitNode.stop),
    "each node killed": taken_down(RabbitNode.kill),
}


async def carry_out(
    broker: ChaosBroker, directory: Path, name: str, action: Action, say: Say
) -> Result:
    """The result of one phase."""
    say(f"{name} ...")
    folder = directory / name.replace(" ", "-")
    folder.mkdir()
    phase = Phase(SCENARIO, 1, say, action=action)
    result = judge(name, await phase.carry_out(broker, folder), phase.problems)
    say(f"  {result}")
    return result
