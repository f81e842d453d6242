"""A long command that is interrupted in the middle, and what it leaves behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.world.broker.node import wait_until
from tests.world.load.procfs import processes_of

WAIT_SECONDS = 120.0

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="processes and memory are found in /proc"
)


def ends_in_order(command: Sequence[str], folder: Path, began: Callable[[], bool]) -> None:
    """Once it has begun, Ctrl-C ends it with 130, and its processes and its files are gone."""
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder)},
        text=True,
    ) as running:
        try:
            wait_until(began, "the command is in the middle of it", WAIT_SECONDS)
            started = processes_of(folder)
            running.send_signal(signal.SIGINT)
            said, _ = running.communicate(timeout=WAIT_SECONDS)
        finally:
            running.kill()
    assert running.returncode == 130, said
    assert said.endswith("interrupted; everything that was started is gone\n")
    assert len(started) > 3
    assert processes_of(folder) == set()
    assert list(folder.iterdir()) == []
