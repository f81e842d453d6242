"""Backlogs, side by side: processor time of an order, and how fast beside the others."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from tests.trials.bench.figures import Figure, Row, figure, in_turns, ratio
from tests.trials.bench.loader import calls_a_second
from tests.trials.bench.sides import Burst, Setup, Stage, side

MILLISECONDS = 1e3


@dataclass(frozen=True, slots=True)
class Rounds:
    """How often, and how many orders each time."""

    rounds: int
    orders: int
    warm_up: int
    look_seconds: float


@dataclass(frozen=True, slots=True)
class _Found:
    """All rounds of one side."""

    bursts: Sequence[Burst]
    megabytes: float

    def cpu(self) -> list[float]:
        return [one.consumer / one.orders * MILLISECONDS for one in self.bursts]

    def broker(self) -> list[float]:
        return [one.broker / one.orders * MILLISECONDS for one in self.bursts]

    def rate(self) -> list[float]:
        return [one.orders / one.seconds for one in self.bursts]


async def bursts(
    stage: Stage, workload: str, setups: Mapping[str, Setup], base: str, plan: Rounds
) -> list[Row]:
    """Each side in turn, round by round; ratios are to the side named `base` in the same round."""
    found: dict[str, list[Burst]] = {name: [] for name in setups}
    bare: list[float] = []
    first = next(iter(setups.values()))
    async with AsyncExitStack() as stack:
        sides = {
            name: await stack.enter_async_context(side(stage, one)) for name, one in setups.items()
        }
        # The first orders make connections and fill caches.
        for one in sides.values():
            await one.burst(plan.warm_up)
        for turn in range(plan.rounds):
            stage.say(f"  {workload}: round {turn + 1} of {plan.rounds}")
            url = stage.api.url + first.path
            bare.append(await calls_a_second(url, first.in_flight, plan.look_seconds))
            for name in in_turns(list(sides), turn):
                found[name].append(await sides[name].burst(plan.orders))
        all_found = {name: _Found(found[name], one.megabytes()) for name, one in sides.items()}
    return [
        Row(workload, name, tuple(_figures(one, all_found[base], bare)))
        for name, one in all_found.items()
    ]


def _figures(one: _Found, base: _Found, bare: Sequence[float]) -> Iterator[Figure]:
    yield figure("CPU of an order", "ms", one.cpu())
    yield ratio("CPU", one.cpu(), base.cpu())
    yield figure("broker's CPU of an order", "ms", one.broker())
    yield ratio("broker's CPU", one.broker(), base.broker())
    yield ratio("orders a second", one.rate(), base.rate())
    yield ratio("of a bare caller's calls", one.rate(), bare)
    yield figure("memory", "MB", [one.megabytes])
    busy = (each.api / each.seconds * 100 for each in one.bursts)
    yield figure("API stand-in", "% of a core", busy)
