"""`python -m tests.trials.bench`: a table of what was measured; no figure makes it fail."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.trials.bench.figures import Figure
from tests.trials.bench.run import FULL, QUICK, Plan, bench
from tests.world.commands import broker_node, carried_out, say, table_of


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1 when something could not be measured, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds, in half a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file")
    chosen = parser.parse_args(command_line)
    return carried_out(lambda: _bench(QUICK if chosen.quick else FULL, chosen.json))


def table(figures: Sequence[Figure]) -> Table:
    """A row for each figure."""
    shown = table_of("what", "median", "least", "most", "unit", "rounds")
    for each in figures:
        numbers = (
            f"{number:,.3g}" if number < 100 else f"{number:,.0f}"
            for number in (each.median, each.least, each.most)
        )
        shown.add_row(each.name, *numbers, each.unit, str(len(each.values)))
    return shown


def _bench(plan: Plan, file: Path | None) -> int:
    with broker_node("bench") as (node, directory):
        figures = asyncio.run(bench(node, directory, plan, lambda what: say(f"{what} ...")))
    Console().print(table(figures))
    if file:
        rows = [figure.as_json() for figure in figures]
        file.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
