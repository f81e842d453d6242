"""`python -m tests.trials.chaos`: exit code 0 when every history keeps its promises, else 1.

Prints the seed of every run; the same scenario, seed and number of orders plan the same faults.
"""

import argparse
import asyncio
import json
import logging
import random
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from aiormq.exceptions import AMQPError
from rich.console import Console

from tests.trials.chaos.brokers import ChaosBroker, SingleNode
from tests.trials.chaos.checker import Verdict, check, keep, story
from tests.trials.chaos.history import History
from tests.trials.chaos.results import Result, result_of, sentences, table
from tests.trials.chaos.run import Run
from tests.trials.chaos.scenario import Scenario, ScenarioError, load, names
from tests.trials.chaos.three_nodes import ThreeNodes
from tests.world.broker import (
    BrokerError,
    Container,
    Installed,
    RabbitNode,
    VirtualHost,
    ensure_rabbitmq,
)
from tests.world.broker.cluster import RabbitCluster
from tests.world.broker.find import Missing
from tests.world.load import ProcessFailedError
from tests.world.load.interrupts import interrupt

OUT = Path("chaos-results")
STORIES_SHOWN = 3


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1, 2 for a mistake, or 130 after Ctrl-C."""
    parser = _parser()
    chosen = parser.parse_args(command_line)
    try:
        wanted = names() if "all" in chosen.scenarios else chosen.scenarios
        scenarios = [load(name).with_load(chosen.orders, chosen.rate) for name in wanted]
    except ScenarioError as error:
        parser.error(str(error))
    if chosen.list or not scenarios:
        for name in names():
            _say(f"{name:12} {load(name).about}")
        return 0
    # Explicitly: a shell starts background jobs with SIGINT ignored, and then Python keeps it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, interrupt)
    _quieten_libraries()
    try:
        results = _run_all(scenarios, chosen.seed, chosen.out)
    except KeyboardInterrupt:
        _say("interrupted; everything that was started is gone")
        return 130
    except (AMQPError, BrokerError, ProcessFailedError, TimeoutError) as error:
        _say(f"WRONG: {error}")
        return 1
    except ExceptionGroup as group:
        # A fault or the load could not be carried out, or not be mended.
        for each in group.exceptions:
            _say(f"WRONG: {type(each).__name__}: {each}")
        return 1
    Console().print(table(results))
    return 0 if all(result.clean for result in results) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.trials.chaos", description=__doc__)
    parser.add_argument("scenarios", nargs="*", help="names, or all")
    parser.add_argument("--list", action="store_true", help="show the scenarios")
    parser.add_argument("--orders", type=_count, help="how many (default: the scenario's)")
    parser.add_argument("--rate", type=_count, help="how many a second (default: the scenario's)")
    parser.add_argument("--seed", type=int, help="plan the same faults again (default: a new one)")
    parser.add_argument(
        "--out", type=Path, default=OUT, help="where results.json and broken histories go"
    )
    return parser


def _run_all(scenarios: Sequence[Scenario], seed: int | None, out: Path) -> list[Result]:
    found = ensure_rabbitmq(_say)
    if isinstance(found, Missing):
        raise BrokerError(found.advice)
    out.mkdir(parents=True, exist_ok=True)
    results = []
    for scenario in scenarios:
        chosen = random.SystemRandom().randrange(1_000_000) if seed is None else seed
        results.append(_run_one(scenario, chosen, found, out))
        values = [result.as_json() for result in results]
        file = out / "results.json"
        file.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    return results


def _run_one(scenario: Scenario, seed: int, found: Installed | Container, out: Path) -> Result:
    _say(f"== {scenario.name}: {scenario.about}")
    load = scenario.load
    again = f"--seed {seed} --orders {load.orders} --rate {load.rate_per_second:g}"
    _say(f"   again: python -m tests.trials.chaos {scenario.name} {again}")
    with tempfile.TemporaryDirectory(prefix="order-relay-chaos-") as name:
        directory = Path(name)
        began = time.monotonic()
        with _broker(scenario, directory, found) as broker:
            run = Run(scenario, seed, _say)
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
        _say(f"   {line}")
    return result


@contextmanager
def _broker(
    scenario: Scenario, directory: Path, found: Installed | Container
) -> Iterator[ChaosBroker]:
    if scenario.nodes == 1:
        with (
            RabbitNode.start(directory, found=found, say=_say) as node,
            VirtualHost.fresh(node) as host,
            SingleNode.prepare(host) as broker,
        ):
            yield broker
    else:
        with (
            RabbitCluster.start(directory, found=found, say=_say) as cluster,
            cluster.fresh_vhost() as place,
            ThreeNodes.prepare(place) as three,
        ):
            yield three


def _keep(history: History, verdict: Verdict, directory: Path, place: Path) -> None:
    keep(history, verdict, place)
    for log in directory.glob("*.log"):
        shutil.copy(log, place)
    for violation in verdict.failures[:STORIES_SHOWN]:
        _say(f"   {violation.kind}: {violation.sentence}")
        if violation.request_id is not None:
            _say(story(history, violation.request_id))
    _say(f"   kept in {place}: the history, the verdict, stories and the logs")


def _quieten_libraries() -> None:
    """A broker that is down is no news here."""
    # A line for each connection that cannot be made.
    for library in ("aio_pika", "aiormq"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    # What such a connection says when another thread happens to collect it.
    warnings.filterwarnings("ignore", "coroutine 'Connection.close' was never", RuntimeWarning)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
