"""A command in a process of its own, which is killed with -9 after a while, or runs to its end."""

import os
import select
import signal
from collections.abc import Callable
from dataclasses import dataclass

END_SECONDS = 300.0
"""A command waits up to 60 s for others that read the queue: what was killed may still be one."""


@dataclass(frozen=True)
class Ended:
    """How it ended: its exit code, or None where it was killed."""

    code: int | None


def run(work: Callable[[], int], kill_after_seconds: float | None = None) -> Ended:
    """Do the work in a fork; without a time it may take its own, within a bound.

    A fork, because a Python of its own would take longer to start than the work takes.
    """
    child = os.fork()
    if child == 0:
        _become(work)
    within = END_SECONDS if kill_after_seconds is None else kill_after_seconds
    handle = os.pidfd_open(child)
    try:
        if not select.select([handle], [], [], within)[0]:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
    finally:
        os.close(handle)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        if kill_after_seconds is None:
            raise AssertionError(f"it did not end within {within:g} s")
        return Ended(None)
    return Ended(os.waitstatus_to_exitcode(status))


def _become(work: Callable[[], int]) -> None:
    code = 99
    try:
        silent = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(silent, number)
        code = work()
    finally:
        # Nothing of the parent's may run again here.
        os._exit(code)
