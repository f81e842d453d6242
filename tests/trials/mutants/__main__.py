"""`make mutants`: takes out each guard of the relay in turn; the tests must miss it.

Exit code 0 when they missed every one, 1 with what survived or could not be tried, and 130 after
Ctrl-C.
"""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.trials.mutants.guard import FOLDER, Guard, GuardError, load
from tests.trials.mutants.hunt import BaseFailedError, check, hunt
from tests.trials.mutants.show import Progress, catalogue, summary
from tests.world.broker.find import Missing, ensure_rabbitmq

ROOT = Path(__file__).resolve().parents[3]
NICENESS = 10


def main(
    command_line: Sequence[str] | None = None, *, root: Path = ROOT, folder: Path = FOLDER
) -> int:
    """The exit code."""
    chosen = _parser().parse_args(command_line)
    try:
        guards = _chosen(load(folder), chosen.only, chosen.concern)
    except GuardError as error:
        return _wrong([str(error)])
    if chosen.list:
        _say(*catalogue(guards))
        return 0
    if problems := check(guards, root):
        return _wrong(problems)
    # Explicitly: a shell starts background jobs with SIGINT ignored, and then Python keeps it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _hunt(guards, root, chosen.jobs)
    except KeyboardInterrupt:
        _say("interrupted; everything that was started is gone")
        return 130


def _hunt(guards: Sequence[Guard], root: Path, jobs: int) -> int:
    began = time.monotonic()
    if any(_needs_a_broker(test) for guard in guards for test in guard.tests):
        found = ensure_rabbitmq(_say)
        if isinstance(found, Missing):
            return _wrong([found.advice])
    _say(f"The tests of {len(guards)} guards, with all guards in place ...")
    progress = Progress(len(guards), _say)
    try:
        results = asyncio.run(hunt(guards, root, jobs=jobs, tell=progress))
    except BaseFailedError as error:
        return _wrong([str(error)])
    lines, good = summary(results, time.monotonic() - began)
    _say(*lines)
    return 0 if good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.trials.mutants", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="ID", help="only these guards")
    parser.add_argument("--concern", nargs="+", metavar="FILE", help="only those of these files")
    parser.add_argument("--jobs", type=_jobs, default=2, help="so many at a time (%(default)s)")
    parser.add_argument("--list", action="store_true", help="lists the guards and ends")
    return parser


def _chosen(
    concerns: Mapping[str, Sequence[Guard]], only: list[str] | None, files: list[str] | None
) -> list[Guard]:
    """The guards that were asked for; GuardError for a name that is none."""
    wanted = {Path(name).stem for name in files} if files else set(concerns)
    if unknown := wanted - set(concerns):
        raise GuardError(f"there is no concern {', '.join(sorted(unknown))}")
    guards = [each for name, those in concerns.items() if name in wanted for each in those]
    if only is None:
        return guards
    if unknown := set(only) - {guard.id for guard in guards}:
        raise GuardError(f"there is no guard {', '.join(sorted(unknown))}")
    return [guard for guard in guards if guard.id in only]


def _needs_a_broker(test: str) -> bool:
    return test.startswith(("tests/edges/amqp/", "tests/app/"))


def _jobs(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _interrupt(_number: int, _frame: object) -> None:
    # asyncio's own handler cancels the main task; an exception raised here could strike anywhere.
    signal.raise_signal(signal.SIGINT)


def _wrong(problems: Sequence[str]) -> int:
    _say(*(f"WRONG: {problem}" for problem in problems))
    return 1


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    os.nice(NICENESS)
    sys.exit(main())
