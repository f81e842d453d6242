"""`order-relay run` as it is, but for two things: pauses are short, and it tells what it holds.

Full jitter multiplies each pause by a draw: here it is always a small one, so that hundreds of
reconnects fit into minutes. On SIGUSR1 the number of its tasks is written to the file that its one
argument names, after a collection of garbage.
"""

import asyncio
import gc
import signal
import sys
from pathlib import Path

from service.app.loading import load
from service.app.run import run

DRAW = 0.02


def _tell(_number: int, _frame: object) -> None:
    gc.collect()
    target = Path(sys.argv[1])
    # Whole or not there: the reader polls for it.
    draft = target.with_suffix(".draft")
    draft.write_text(str(len(asyncio.all_tasks())), encoding="ascii")
    draft.rename(target)


def main() -> int:
    """The relay's exit code."""
    signal.signal(signal.SIGUSR1, _tell)
    return int(run(load(), random=lambda: DRAW))


if __name__ == "__main__":
    sys.exit(main())
