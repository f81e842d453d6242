"""`python -m tests.trials.limits_cost`: messages and processor time for numbers of replicas."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.trials.limits_cost.measure import Cost, measure
from tests.world.commands import at_least, broker_node, carried_out, say, table_of

USUAL_STATISTICS = "application:set_env(rabbit, collect_statistics_interval, 5000)."
"""As a broker does by default; the nodes of tests gather them twenty times as often."""


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1 when something could not be measured, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials.limits_cost", description=__doc__)
    parser.add_argument("--replicas", type=_numbers, default=(3, 30), help="3,30 by default")
    parser.add_argument("--seconds", type=at_least(1), default=30, help="measured for so long")
    chosen = parser.parse_args(command_line)
    return carried_out(lambda: _measure(chosen.replicas, chosen.seconds))


def table(costs: Sequence[Cost]) -> Table:
    """A row for each number of replicas."""
    columns = ("all begun", "published/s", "delivered/s", "broker's CPU", "a replica's CPU")
    shown = table_of("replicas", *columns)
    for one in costs:
        shown.add_row(
            str(one.replicas),
            f"{one.begun_seconds:.1f} s",
            f"{one.published_per_second:,.1f}",
            f"{one.delivered_per_second:,.0f}",
            f"{one.broker:.1%}",
            f"{one.replica:.2%}",
        )
    return shown


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(at_least(1), text.split(",")))


def _measure(replicas: Sequence[int], seconds: float) -> int:
    costs = []
    for number in replicas:
        # A node of its own: one that was used before may have something left to do.
        with broker_node("limits-cost") as (node, _):
            node.ctl("eval", USUAL_STATISTICS)
            say(f"{number} replicas ...")
            costs.append(asyncio.run(measure(node, number, seconds)))
    Console().print(table(costs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
