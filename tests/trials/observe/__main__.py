"""`python -m tests.trials.observe`: a real Prometheus scrapes real relays and a real RabbitMQ.

Orders flow, every alert is brought about by its cause and ends, every expression of the dashboards
and rules is asked, and hostile messages make no series. Exit code 0 when all is as it must be.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from tests.shipping.rules.promtool import MISSING, ensure_promtool
from tests.trials.observe.programme import scenes_of
from tests.trials.observe.report import Report, tables
from tests.trials.observe.run import Observer, scraping
from tests.trials.observe.site import staged
from tests.world.broker import RabbitNode
from tests.world.commands import carried_out, rabbitmq, temporary
from tests.world.load import ProcessFailedError
from tests.world.prometheus import is_installed

_BEGAN = time.monotonic()


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1 with what is wrong, or 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials.observe", description=__doc__)
    add = parser.add_argument
    add("--only", metavar="ALERT", help="bring about one alert, and ask nothing else")
    add("--messages", type=int, default=10_000, help="hostile messages (default: 10000)")
    add("--keep", type=Path, metavar="FOLDER", help="a new folder for logs and Prometheus's data")
    chosen = parser.parse_args(command_line)
    if chosen.only and not scenes_of(chosen.only):
        parser.error(f"--only {chosen.only}: the rules have no such alert")
    if chosen.messages < 1:
        parser.error(f"--messages {chosen.messages}: at least one")
    if chosen.keep and chosen.keep.exists():
        parser.error(f"--keep {chosen.keep}: it is there already")
    return carried_out(lambda: _run(chosen), _say)


def _run(chosen: argparse.Namespace) -> int:
    report = _observed(chosen)
    Console(width=None if sys.stdout.isatty() else 120).print(tables(report))
    for line in report.problems():
        _say(f"WRONG: {line}")
    _say("All is as it must be." if report.good else "Not all is as it must be.")
    return 0 if report.good else 1


def _observed(chosen: argparse.Namespace) -> Report:
    ensure_promtool(_say)
    if not is_installed():
        raise ProcessFailedError(MISSING)
    found = rabbitmq(_say)
    with ExitStack() as stack:
        if chosen.keep:
            chosen.keep.mkdir(parents=True)
            folder = chosen.keep.resolve()
        else:
            folder = stack.enter_context(temporary("observe"))
        node = stack.enter_context(RabbitNode.start(folder, found=found, say=_say))
        return asyncio.run(_watch(folder, node, chosen))


async def _watch(folder: Path, node: RabbitNode, chosen: argparse.Namespace) -> Report:
    data = folder / "prometheus"
    async with staged(folder, scraping(folder), node=node, data=data) as stage:
        observer = Observer(stage, _say)
        if chosen.only:
            return await observer.only(chosen.only)
        return await observer.everything(chosen.messages)


def _say(line: str) -> None:
    print(f"{time.monotonic() - _BEGAN:5.0f} s  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
