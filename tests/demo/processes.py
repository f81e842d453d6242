"""Processes of the demo: started out of the terminal's reach, told apart from strangers, ended."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.demo.errors import DemoError

ROOT = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.03
END_SECONDS = 12.0


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

    def says(self) -> str:
        """What it has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def said_last(self) -> str:
        """The end of what it has written."""
        return "\n".join(self.says().splitlines()[-20:])


def launch(
    name: str, arguments: tuple[str, ...], directory: Path, settings: Mapping[str, str]
) -> Part:
    """A new `python -m ...`, alone in its session, that writes to a log file in `directory`."""
    # Settings of the caller's would make the relay another than the demo describes.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("ORDER_RELAY_")}
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    log = directory / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=directory,
            env={**inherited, "PYTHONPATH": paths, **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    # Else Popen would wait for a process that may outlive us; `birth_of` does it for the others.
    process.returncode = 0
    return Part(name, process.pid, birth_of(process.pid), log)


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
    return "" if state in "ZX" else f"{_boot()} {fields[18]}"


async def until(
    holds: Callable[[], bool], what: str, seconds: float, part: Part | None = None
) -> None:
    """Returns once it holds; DemoError when `part` has ended before, or the time is over."""
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(holds):
        if part is not None and not part.lives:
            message = f"{part.name} has ended; it said:\n{part.said_last()}"
            raise DemoError(message)
        if time.monotonic() > deadline:
            said = "" if part is None else f"; {part.name} said:\n{part.said_last()}"
            message = f"not within {seconds:g} s: {what}{said}"
            raise DemoError(message)
        await asyncio.sleep(POLL_SECONDS)


async def end(part: Part) -> None:
    """Ends one process in order, or else at once; a stranger with its id is left alone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if part.lives:
            with suppress(ProcessLookupError):
                os.kill(part.pid, number)
        with suppress(DemoError):
            await until(lambda: not part.lives, f"{part.name} ends", END_SECONDS)
            return


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _birth_by_ps(pid: int) -> str:
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    state, _, began = done.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else began.strip()
