"""`python -m tests.trials.chaos`: exit code 0 when every history keeps its promises, else 1.

Prints the seed of every run; the same scenario, seed and number of orders plan the same faults.
"""

import argparse
import asyncio
import json
import random
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from tests.trials.chaos.brokers import ChaosBroker
from tests.trials.chaos.checker import Verdict, check, keep, story
from tests.trials.chaos.history import History
from tests.trials.chaos.results import Result, result_of, sentences, table
from tests.trials.chaos.run import Run
from tests.trials.chaos.scenario import Scenario, ScenarioError, load, names
from tests.world.broker import RabbitNode, VirtualHost
from tests.world.broker.cluster import RabbitCluster
from tests.world.commands import at_least, carried_out, rabbitmq, say, temporary

STORIES_SHOWN = 3


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1, 2 for a mistake, or 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials.chaos", description=__doc__)
    add = parser.add_argument
    add("scenarios", nargs="*", help="names, or all")
    add("--list", action="store_true", help="show the scenarios")
    add("--orders", type=at_least(1), help="how many (default: the scenario's)")
    add("--rate", type=at_least(1), help="how many a second (default: the scenario's)")
    add("--seed", type=int, help="plan the same faults again (default: a new one)")
    out = Path("chaos-results")
    add("--out", type=Path, default=out, help="where results.json and broken histories go")
    chosen = parser.parse_args(command_line)
    try:
        wanted = names() if "all" in chosen.scenarios else chosen.scenarios
        scenarios = [load(name).with_load(chosen.orders, chosen.rate) for name in wanted]
    except ScenarioError as error:
        parser.error(str(error))
    if chosen.list or not scenarios:
        for name in names():
            say(f"{name:12} {load(name).about}")
        return 0
    return carried_out(lambda: _run_all(scenarios, chosen.seed, chosen.out))


def _run_all(scenarios: Sequence[Scenario], seed: int | None, out: Path) -> int:
    out.mkdir(parents=True, exist_ok=True)
    results = []
    for scenario in scenarios:
        chosen = random.SystemRandom().randrange(1_000_000) if seed is None else seed
        results.append(_run_one(scenario, chosen, out))
        values = [result.as_json() for result in results]
        file = out / "results.json"
        file.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    Console().print(table(results))
    return 0 if all(result.clean for result in results) else 1


def _run_one(scenario: Scenario, seed: int, out: Path) -> Result:
    say(f"== {scenario.name}: {scenario.about}")
    load = scenario.load
    again = f"--seed {seed} --orders {load.orders} --rate {load.rate_per_second:g}"
    say(f"   again: python -m tests.trials.chaos {scenario.name} {again}")
    with temporary("chaos") as directory:
        began = time.monotonic()
        with _broker(scenario, directory) as broker:
            run = Run(scenario, seed, say)
            history = asyncio.run(run.carry_out(broker, directory))
        verdict = check(history)
        result = result_of(
            history,
            verdict,
            missed=run.missed,
            problems=run.problems,
            seconds=time.monotonic() - began,
        )
        if not result.clean:
            _keep(history, verdict, directory, out / f"{scenario.name}-{seed}")
    for line in sentences(result):
        say(f"   {line}")
    return result


@contextmanager
def _broker(scenario: Scenario, directory: Path) -> Iterator[ChaosBroker]:
    found = rabbitmq()
    if scenario.nodes == 1:
        with (
            RabbitNode.start(directory, found=found, say=say) as node,
            VirtualHost.fresh(node) as host,
            ChaosBroker.prepare(host) as broker,
        ):
            yield broker
    else:
        with (
            RabbitCluster.start(directory, found=found, say=say) as cluster,
            cluster.fresh_vhost() as place,
            ChaosBroker.prepare(place) as broker,
        ):
            yield broker


def _keep(history: History, verdict: Verdict, directory: Path, place: Path) -> None:
    keep(history, verdict, place)
    for log in directory.glob("*.log"):
        shutil.copy(log, place)
    for violation in verdict.failures[:STORIES_SHOWN]:
        say(f"   {violation.kind}: {violation.sentence}")
        if violation.request_id is not None:
            say(story(history, violation.request_id))
    say(f"   kept in {place}: the history, the verdict, stories and the logs")


if __name__ == "__main__":
    sys.exit(main())
