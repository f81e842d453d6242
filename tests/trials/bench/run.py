"""The workloads that were chosen, one after the other, against one node and one stand-in."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import assert_never

from tests.trials.bench import alone, telemetry
from tests.trials.bench.bursts import Rounds, bursts
from tests.trials.bench.figures import Row, figure
from tests.trials.bench.loader import calls_a_second
from tests.trials.bench.peers import TITLES, Command, Peer
from tests.trials.bench.sides import ApiProcess, Setup, Stage
from tests.trials.bench.steady import half_load
from tests.world.broker import RabbitNode
from tests.world.commands import FAILURES
from tests.world.load import cpu_seconds
from tests.world.load.processes import Process

USUAL_STATISTICS = (
    "[application:set_env(rabbit, Name, 5000)"
    " || Name <- [collect_statistics_interval, quorum_tick_interval]]."
)
"""As a broker does by default; the nodes of tests look at each queue twenty times as often."""
SCALED = (Peer.RELAY, Peer.HTTPX2)


class Workload(StrEnum):
    """Each as it is chosen on the command line."""

    HEADROOM = "headroom"
    PROMISES = "promises"
    OVERHEAD = "overhead"
    API_50 = "api-50"
    API_200 = "api-200"
    HALF_LOAD = "half-load"
    RETRIES = "retries"
    PROCESSES = "processes"
    BACKLOG = "backlog"
    START = "start"
    IDLE = "idle"
    TELEMETRY = "telemetry"


SIDE_BY_SIDE = {
    Workload.OVERHEAD: ("/0/0", 64),
    Workload.API_50: ("/50/0", 64),
    Workload.API_200: ("/200/0", 256),
    Workload.RETRIES: ("/0/10", 64),
}
"""How the API answers, and how many orders are in flight."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, how often and how much."""

    workloads: Sequence[Workload] = tuple(Workload)
    rounds: int = 4
    orders: int = 4000
    backlog: int = 100_000
    idle_seconds: float = 20.0
    look_seconds: float = 2.0

    @property
    def bursts(self) -> Rounds:
        """The rounds of backlogs."""
        return Rounds(self.rounds, self.orders, max(self.orders // 8, 64), self.look_seconds)


async def bench(
    node: RabbitNode,
    directory: Path,
    commands: Mapping[Peer, Command],
    plan: Plan,
    say: Callable[[str], None],
) -> tuple[list[Row], bool]:
    """All rows, and whether every workload ended well; what comes next or failed is said."""
    with compiled(directory), ApiProcess(directory) as api:
        await api.ready()
        stage, found, well = Stage(node, directory, api, commands, say), list[Row](), True
        for number, workload in enumerate(plan.workloads, 1):
            say(f"{number} of {len(plan.workloads)}: {workload}")
            try:
                found += await _measured(stage, workload, plan)
            except (*FAILURES, ExceptionGroup) as error:
                say(f"WRONG: {workload}: {error}")
                well = False
    return found, well


@contextmanager
def compiled(directory: Path) -> Iterator[None]:
    """Python keeps what it compiles, as an image does: who imports more must not compile more."""
    before = dict(os.environ)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(directory / "compiled")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


async def _measured(stage: Stage, workload: Workload, plan: Plan) -> list[Row]:
    peers, rounds = list(stage.commands), plan.bursts
    match workload:
        case Workload.HEADROOM:
            return [await _headroom(stage, plan)]
        case Workload.PROMISES:
            return [await alone.keeps(stage, peer) for peer in peers]
        case Workload.HALF_LOAD:
            return await half_load(stage, peers, rounds)
        case Workload.PROCESSES:
            return await _processes(stage, workload, rounds)
        case Workload.BACKLOG:
            return [await alone.backlog(stage, plan.backlog)]
        case Workload.START:
            return await alone.starts(stage, peers, plan.rounds)
        case Workload.IDLE:
            return await alone.idle(stage, peers, rounds, plan.idle_seconds)
        case Workload.TELEMETRY:
            return await _telemetry(stage, plan)
        case Workload.OVERHEAD | Workload.API_50 | Workload.API_200 | Workload.RETRIES:
            return await _side_by_side(stage, workload, rounds)
        case _ as never:
            assert_never(never)


async def _side_by_side(stage: Stage, workload: Workload, rounds: Rounds) -> list[Row]:
    peers = list(stage.commands)
    setups = {TITLES[peer]: Setup(peer, *SIDE_BY_SIDE[workload]) for peer in peers}
    base = Peer.HTTPX2 if Peer.HTTPX2 in peers else peers[0]
    return await bursts(stage, workload, setups, TITLES[base], rounds)


async def _processes(stage: Stage, workload: str, rounds: Rounds) -> list[Row]:
    rows = []
    for peer in SCALED:
        if peer in stage.commands:
            names = {f"{TITLES[peer]}: {number}": number for number in (1, 2, 4)}
            setups = {name: Setup(peer, processes=number) for name, number in names.items()}
            rows += await bursts(stage, workload, setups, next(iter(setups)), rounds)
    return rows


async def _telemetry(stage: Stage, plan: Plan) -> list[Row]:
    with Process("collector", stage.directory, ["tests.trials.bench.collector"], {}) as collector:
        url = await collector.until_logged(r"READY (\S+)")
        flow = telemetry.flow(url, rounds=plan.rounds, orders=plan.orders)
        traced = Setup(Peer.RELAY, settings={"TRACES__ENDPOINT": url})
        setups = {"untraced relay": Setup(Peer.RELAY), "traced relay": traced}
        rows = await bursts(stage, Workload.TELEMETRY, setups, "untraced relay", plan.bursts)
    return [*(Row("the flow alone", each.name, (each,)) for each in flow), *rows]


async def _headroom(stage: Stage, plan: Plan) -> Row:
    """What the stand-in answers when nobody else wants the machine."""
    rates, cpu = [], []
    for _ in range(plan.rounds):
        before, calls = cpu_seconds(stage.api.pid), await stage.api.calls()
        rates.append(await calls_a_second(f"{stage.api.url}/0/0", 64, plan.look_seconds))
        spent = cpu_seconds(stage.api.pid) - before
        cpu.append(spent / (await stage.api.calls() - calls) * 1e3)
    figures = figure("calls a second", "1/s", rates), figure("CPU of a call", "ms", cpu)
    return Row(Workload.HEADROOM, "stand-in of the API", figures)
