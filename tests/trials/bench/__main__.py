"""`python -m tests.trials.bench`: a table of what was measured; no figure makes it fail."""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from aiormq.exceptions import AMQPError
from rich.console import Console
from rich.table import Table

from tests.trials.bench.figures import Figure
from tests.trials.bench.measure import TooSlowError
from tests.trials.bench.run import FULL, QUICK, Plan, bench
from tests.world.broker import BrokerError, RabbitNode, ensure_rabbitmq
from tests.world.broker.find import Missing
from tests.world.load import ProcessFailedError


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1 when something could not be measured, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds, in half a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file")
    chosen = parser.parse_args(command_line)
    # Explicitly: a shell starts background jobs with SIGINT ignored, and then Python keeps it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        figures = _bench(QUICK if chosen.quick else FULL)
    except KeyboardInterrupt:
        _say("interrupted; everything that was started is gone")
        return 130
    except (
        AMQPError,
        AssertionError,
        BrokerError,
        ProcessFailedError,
        TimeoutError,
        TooSlowError,
    ) as error:
        _say(f"not measured: {error}")
        return 1
    Console().print(table(figures))
    if chosen.json:
        rows = [figure.as_json() for figure in figures]
        chosen.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 0


def table(figures: Sequence[Figure]) -> Table:
    """A row for each figure."""
    shown = Table("what", "median", "least", "most", "unit", "rounds")
    for column in shown.columns[1:]:
        column.justify = "right"
    for each in figures:
        numbers = (
            f"{number:,.3g}" if number < 100 else f"{number:,.0f}" for number in _three(each)
        )
        shown.add_row(each.name, *numbers, each.unit, str(len(each.values)))
    return shown


def _bench(plan: Plan) -> list[Figure]:
    found = ensure_rabbitmq(_say)
    if isinstance(found, Missing):
        raise BrokerError(found.advice)
    with (
        tempfile.TemporaryDirectory(prefix="order-relay-bench-") as directory,
        RabbitNode.start(Path(directory), found=found, say=_say) as node,
    ):
        return asyncio.run(bench(node, Path(directory), plan, lambda what: _say(f"{what} ...")))


def _three(each: Figure) -> tuple[float, float, float]:
    return each.median, each.least, each.most


def _interrupt(_number: int, _frame: object) -> None:
    # asyncio's own handler cancels the main task; an exception raised here could strike anywhere.
    signal.raise_signal(signal.SIGINT)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
