"""`python -m tests.trials.bench`: the relay beside its peers; no figure makes it fail."""

import argparse
import asyncio
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from tests.trials.bench import telling
from tests.trials.bench.peers import TITLES, Command, MissingPeerError, Peer, command
from tests.trials.bench.run import USUAL_STATISTICS, Plan, Workload, bench
from tests.world.commands import at_least, broker_node, carried_out, say

Chosen = TypeVar("Chosen", bound=StrEnum)


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1 when a workload failed or a promise was broken, 130 after Ctrl-C."""
    plan = Plan()
    parser = argparse.ArgumentParser(prog="python -m tests.trials.bench", description=__doc__)
    add, least = parser.add_argument, at_least(1)
    add("--only", type=_several(Workload), default=plan.workloads, help=",".join(Workload))
    add("--peers", type=_several(Peer), default=tuple(Peer), help=",".join(Peer))
    add("--rounds", type=least, default=plan.rounds, help="turns of each peer (4)")
    add("--orders", type=least, default=plan.orders, help="in each turn (4000)")
    add("--backlog", type=at_least(10), default=plan.backlog, help="orders (100000)")
    add("--json", type=Path, metavar="FILE", help="write all values to a file")
    add("--page", action="store_true", help="write docs/performance.md's table and picture")
    return carried_out(lambda: _bench(parser.parse_args(command_line)))


def _several(kind: type[Chosen]) -> Callable[[str], tuple[Chosen, ...]]:
    def several(text: str) -> tuple[Chosen, ...]:
        return tuple(kind(name) for name in text.split(","))

    return several


def _bench(chosen: argparse.Namespace) -> int:
    plan = Plan(chosen.only, chosen.rounds, chosen.orders, chosen.backlog)
    commands: dict[Peer, Command] = {}
    missing = []
    for peer in chosen.peers:
        try:
            commands[peer] = command(peer, say)
        except MissingPeerError as error:
            missing.append(f"not measured: {TITLES[peer]}: {error}")
            say(missing[-1])
    began = time.monotonic()

    def tell(what: str) -> None:
        say(f"{time.monotonic() - began:5.0f} s  {what}")

    with broker_node("bench") as (node, directory):
        node.ctl("eval", USUAL_STATISTICS)
        rows, well = asyncio.run(bench(node, directory, commands, plan, tell))
    Console().print(telling.table(rows))
    facts = [
        f"{chosen.rounds} rounds, {chosen.orders:,} orders each, on {os.cpu_count()} cores;",
        f"Python {platform.python_version()}; load of the machine at the end",
        f"{os.getloadavg()[0]:.1f} (1 min), {os.getloadavg()[2]:.1f} (15 min).",
        *missing,
    ]
    if chosen.json:
        told = {"said": " ".join(facts), "rows": [row.as_json() for row in rows]}
        chosen.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    if chosen.page:
        telling.write_page(rows, " ".join(facts))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
