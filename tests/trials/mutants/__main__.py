"""`make mutants`: takes out each guard of the relay in turn; a test must fail each time.

Exit code 0 when one did, 1 with what survived or could not be tried, and 130 after Ctrl-C.
"""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.trials.mutants.guard import FOLDER, Guard, GuardError, load
from tests.trials.mutants.hunt import BaseFailedError, Fate, Found, hunt
from tests.trials.mutants.source import Tree

ROOT = Path(__file__).resolve().parents[3]
NICENESS = 10
LAST_LINES = 12


def main(
    command_line: Sequence[str] | None = None, *, root: Path = ROOT, folder: Path = FOLDER
) -> int:
    """The exit code."""
    chosen = _parser().parse_args(command_line)
    try:
        guards = _chosen(load(folder), chosen.only)
    except GuardError as error:
        return _wrong(str(error))
    if problems := Tree(root).check(guards):
        return _wrong(*problems)
    if chosen.check:
        _say(f"{len(guards)} guards, each found once")
        return 0
    # Explicitly: a shell starts background jobs with SIGINT ignored, and then Python keeps it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)
    began = time.monotonic()
    _say(f"The tests of {len(guards)} guards, with all guards in place ...")
    try:
        found = asyncio.run(hunt(guards, root, jobs=chosen.jobs, report=_rows(len(guards))))
    except BaseFailedError as error:
        return _wrong(str(error))
    except KeyboardInterrupt:
        _say("interrupted; everything that was started is gone")
        return 130
    return _summary(found, time.monotonic() - began)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.trials.mutants", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these guards, or files")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (%(default)s)")
    parser.add_argument(
        "--check", action="store_true", help="only says which guards are not found once"
    )
    return parser


def _chosen(guards: list[Guard], only: list[str] | None) -> list[Guard]:
    """The guards that were asked for; GuardError for a name that is none."""
    if only is None:
        return guards
    known = {name for guard in guards for name in (guard.id, guard.file)}
    if unknown := set(only) - known:
        raise GuardError(f"there is no guard {', '.join(sorted(unknown))}")
    return [guard for guard in guards if {guard.id, guard.file} & set(only)]


def _rows(count: int) -> Callable[[Found], None]:
    """Shows a row for every guard that was tried."""
    rows = iter(range(1, count + 1))

    def show(found: Found) -> None:
        place, by = f"{next(rows)}/{count}", found.by.removeprefix("tests/")
        _say(f"{place:>9} {found.guard.id:40} {found.fate.value:9} {found.seconds:6.1f} s  {by}")

    return show


def _summary(found: Sequence[Found], seconds: float) -> int:
    """Shows what was not caught, and how many of each; the exit code."""
    for each in found:
        if each.fate is not Fate.CAUGHT:
            _say(f"{each.fate.value}: {each.guard.id}: {each.guard.without}")
            _say(f"  in {each.guard.file}.toml, by {', '.join(each.guard.tests)}")
        if each.fate in (Fate.BROKEN, Fate.TIMED_OUT):
            _say(*(f"  | {line}" for line in each.output.splitlines()[-LAST_LINES:]))
    counts = Counter(each.fate for each in found)
    fates = ", ".join(f"{counts[fate]} {fate.value}" for fate in Fate if counts[fate])
    _say(f"{len(found)} guards: {fates}; {seconds:.0f} s")
    return 0 if counts[Fate.CAUGHT] == len(found) else 1


def _interrupt(_number: int, _frame: object) -> None:
    # asyncio's own handler cancels the main task; an exception raised here could strike anywhere.
    signal.raise_signal(signal.SIGINT)


def _wrong(*problems: str) -> int:
    _say(*(f"WRONG: {problem}" for problem in problems))
    return 1


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    os.nice(NICENESS)
    sys.exit(main())
