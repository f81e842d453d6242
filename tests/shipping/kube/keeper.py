"""The process that keeps one program: when the process that started it is gone, so is the program.

It runs alone (`python -I keeper.py program argument ...`), so it imports nothing of ours. The end
of its standard input, which comes however the parent ended, ends the program.
"""

import os
import subprocess
import sys
import threading
from contextlib import suppress

STOP_SECONDS = 30.0


def keep(command: list[str]) -> int:
    """The exit code of the program, as a shell has it, once it is gone."""
    # A standard input that is not ours, which nobody but `_end_with_parent` may read.
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=_end_with_parent, args=(program,), daemon=True).start()
    code = program.wait()
    return code if code >= 0 else 128 - code


def _end_with_parent(program: "subprocess.Popen[bytes]") -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    program.terminate()
    with suppress(subprocess.TimeoutExpired):
        program.wait(STOP_SECONDS)
    program.kill()


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1:]))
