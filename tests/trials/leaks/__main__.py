"""`make leaks`: a relay loses its broker a thousand times, and holds as much as before.

Shown at the end: tasks, descriptors and memory, the first and the last third of what was seen after
the warm-up, and the growth in a hundred times. The exit code is 1 when one of them grows.
"""

import argparse
import asyncio
import sys

from rich.console import Console

from tests.trials.leaks.flat import ENOUGH, table, trends
from tests.trials.leaks.run import Plan, run
from tests.world.broker import VirtualHost
from tests.world.commands import broker_node, carried_out, say


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 1 when something grows, or the relay stops serving."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials.leaks", description=__doc__)
    parser.add_argument("--reconnects", type=int, default=500, help="how often both are cut")
    parser.add_argument("--outages", type=int, default=500, help="how often nobody listens")
    parser.add_argument("--kills", type=int, default=5, help="how often the node is killed")
    chosen = parser.parse_args(arguments)
    for name, times in vars(chosen).items():
        if 0 < times < ENOUGH or times < 0:
            parser.error(f"--{name} {times}: 0, or at least {ENOUGH} to see how something grows")
    if not any(vars(chosen).values()):
        parser.error("nothing to do")
    return carried_out(lambda: _run(Plan(chosen.reconnects, chosen.outages, chosen.kills)))


def _run(plan: Plan) -> int:
    with broker_node("leaks") as (node, directory), VirtualHost.fresh(node) as host:
        samples = asyncio.run(run(host, directory, plan, say))
    found = {name: trends(some) for name, some in samples.items() if some}
    for name, several in found.items():
        Console().print(table(f"{name}: {samples[name][-1].after}", several))
    return 0 if all(one.flat for several in found.values() for one in several) else 1


if __name__ == "__main__":
    sys.exit(main())
