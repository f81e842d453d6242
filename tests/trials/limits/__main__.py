"""`make limits`: real relays and a real RabbitMQ at an API with exact limits.

Exit code 0 when every figure is within its bounds, 1 when one is not, with a table of all.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.trials.limits.results import Result, markdown
from tests.trials.limits.run import Trial, shortened
from tests.trials.limits.stage import before_others
from tests.trials.limits.table import CASES, named
from tests.world.broker import RabbitNode
from tests.world.commands import at_least, carried_out, rabbitmq, temporary

JOBS = 2
_BEGAN = time.monotonic()


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1 when something was missed, or 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials.limits", description=__doc__)
    add = parser.add_argument
    add("--only", metavar="NAME", default="", help="the cases whose names begin so")
    add("--seconds", type=float, help="watch each case for so long")
    add("--jobs", type=at_least(1), default=JOBS, help="cases at a time (%(default)s)")
    add("--keep", type=Path, metavar="FOLDER", help="a new folder for the logs")
    add("--list", action="store_true", help="name the cases")
    chosen = parser.parse_args(command_line)
    if chosen.list:
        print("\n".join(case.name for case in CASES))
        return 0
    if not named(chosen.only):
        parser.error(f"--only {chosen.only}: there is no such case; --list names them")
    if chosen.keep and chosen.keep.exists():
        parser.error(f"--keep {chosen.keep}: it is there already")
    return carried_out(lambda: _tried(chosen), _say)


def _tried(chosen: argparse.Namespace) -> int:
    found = rabbitmq(_say)
    before_others(os.getpid())
    with ExitStack() as stack:
        if chosen.keep:
            chosen.keep.mkdir(parents=True)
            folder = chosen.keep.resolve()
        else:
            folder = stack.enter_context(temporary("limits"))
        node = stack.enter_context(RabbitNode.start(folder, found=found, say=_say))
        before_others(node.pid)
        cases = [shortened(case, chosen.seconds) for case in named(chosen.only)]
        results = asyncio.run(Trial(node, folder, _say, chosen.jobs).results(cases))
    print(markdown(results))
    return _verdict(results)


def _verdict(results: Sequence[Result]) -> int:
    missed = [result for result in results if not result.good]
    _say(f"{len(missed)} of {len(results)} missed" if missed else "All is as it must be.")
    return 1 if missed else 0


def _say(line: str) -> None:
    print(f"{time.monotonic() - _BEGAN:5.0f} s  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
