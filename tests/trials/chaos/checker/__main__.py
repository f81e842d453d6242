"""With FILE [ID ...]: a kept history is judged again, its orders told.

Exit code 0 when every invariant holds, 1 with what does not, 2 when the file is no history.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from tests.trials.chaos.checker.story import finding, story
from tests.trials.chaos.checker.verdict import check
from tests.trials.chaos.history import History


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code."""
    command = argparse.ArgumentParser(
        prog="python -m tests.trials.chaos.checker", description=__doc__
    )
    command.add_argument("file", type=Path, help="the history.json of a run")
    command.add_argument("ids", nargs="*", metavar="ID", help="orders whose story is told")
    chosen = command.parse_args(command_line)
    try:
        history = History.load(chosen.file)
    except (OSError, ValidationError) as error:
        command.error(f"{chosen.file} is no history: {error}")
    verdict = check(history)
    for line in [*verdict.lines(), *map(finding, verdict.violations)]:
        print(line)
    for request_id in chosen.ids:
        print(f"\n{story(history, request_id)}", end="")
    return 0 if verdict.ok else 1


if __name__ == "__main__":
    sys.exit(main())
