"""`make soak`: exit code 0 when every order was accounted for, 1 with what is wrong."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tests.trials.soak.run import Plan, soak
from tests.trials.soak.show import screen, summary, table
from tests.world.broker import VirtualHost
from tests.world.commands import at_least, broker_node, carried_out, say

STEADY_ORDERS = 82_000
"""With fewer, the memory of recent requests is not full after the first tenth, and grows on."""


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1, or 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials.soak", description=__doc__)
    add = parser.add_argument
    add("--orders", type=at_least(10), default=100_000, help="how many (%(default)s)")
    add("--json", type=Path, metavar="FILE", help="write the numbers to a file")
    chosen = parser.parse_args(command_line)
    return carried_out(lambda: _soak(chosen.orders, chosen.json))


def _soak(orders: int, file: Path | None) -> int:
    plan = Plan(orders) if orders >= STEADY_ORDERS else Plan(orders, growth_limit_kib=30 * 1024)
    console = Console()
    with (
        broker_node("soak") as (node, directory),
        VirtualHost.fresh(node) as host,
        screen(console, orders) as watch,
    ):
        report = asyncio.run(soak(host, directory, plan, watch))
    console.print(table(report))
    for line in summary(report):
        say(line)
    if file:
        file.write_text(json.dumps(report.as_json(), indent=2) + "\n", encoding="utf-8")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
