"""The console script, and `python -m service`: hears signals from its first line on.

As process 1 of a container a process without handlers ignores SIGTERM, and the imports alone may
take seconds on a busy machine.
"""

import gc
import os
import signal
import sys
from types import FrameType

_RUNS = sys.argv[1:2] == ["run"]
_PLAIN_RUN = sys.argv[1:] == ["run"]


def _end(number: int, _: FrameType | None) -> None:
    # `run` has taken no order yet, so it has drained; of another command nothing is known.
    os._exit(0 if _RUNS else 128 + number)


def main() -> None:
    """Run the command line; until it handles signals itself, they end the process at once."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    # An import makes no garbage, but the collector looks for it some hundred times meanwhile.
    gc.disable()
    if _PLAIN_RUN:
        from service.commands.run import run  # noqa: PLC0415 - this is what takes long

        gc.enable()
        sys.exit(run())
    from service.commands.cli import main as command_line  # noqa: PLC0415

    gc.enable()
    if not _RUNS:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    command_line()


if __name__ == "__main__":
    main()
