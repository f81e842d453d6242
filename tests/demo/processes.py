"""Processes of the demo: left running by one command, told from strangers, ended by another."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.world.load.processes import Process
from tests.world.load.waiting import until as world_until

POLL_SECONDS = 0.03
END_SECONDS = 12.0


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """A process; `birth` tells it from a later one with the same id."""

    name: str
    pid: int
    birth: str
    log: Path

    @property
    def lives(self) -> bool:
        """Whether it runs still."""
        return self.birth != "" and birth_of(self.pid) == self.birth

    @classmethod
    def of(cls, process: Process) -> "Part":
        """The part that a process of ours is."""
        return cls(process.name, process.pid, birth_of(process.pid), process.log)

    def says(self) -> str:
        """What it has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


def birth_of(pid: int) -> str:
    """When a process began, in the system's own terms; empty for one that has ended."""
    # A child of ours that has ended keeps its id until it is asked for.
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "" if Path("/proc/self/stat").exists() else _birth_by_ps(pid)
    # The name, in parentheses, may hold spaces.
    state, *fields = stat.rpartition(")")[2].split()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return "" if state in "ZX" else f"{boot} {fields[18]}"


def _birth_by_ps(pid: int) -> str:
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    state, _, began = done.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else began.strip()


async def until(holds: Callable[[], bool], what: str, seconds: float) -> None:
    """Returns once it holds; TimeoutError when the time is over."""

    async def held() -> bool:
        return await asyncio.to_thread(holds)

    await world_until(held, what, timeout_seconds=seconds, poll_seconds=POLL_SECONDS)


async def end(part: Part) -> None:
    """Ends one process in order, or else at once; a stranger with its id is left alone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if part.lives:
            with suppress(ProcessLookupError):
                os.kill(part.pid, number)
        with suppress(TimeoutError):
            await until(lambda: not part.lives, f"{part.name} ends", END_SECONDS)
            return
