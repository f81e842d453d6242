"""Where promtool comes from: installed, installed now, or nowhere; and running it."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.shipping.commands import Say, install

VARIABLE = "PROMTOOL_BIN"
MISSING = (
    "no promtool: install it (Debian, Ubuntu: apt-get install --no-install-recommends prometheus)"
    f" or name one in {VARIABLE}"
)
RUN_SECONDS = 150


@dataclass(frozen=True)
class Promtool:
    """A promtool of this machine."""

    program: Path

    def __str__(self) -> str:
        return f"promtool at {self.program}"

    def run(
        self, *arguments: str | Path, given: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """What it did with these arguments and what it was given; all its words are in `stdout`."""
        return subprocess.run(
            [self.program, *arguments],
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=RUN_SECONDS,
        )


@dataclass(frozen=True)
class Missing:
    """There is none, and none could be had."""

    advice: str = MISSING

    def __str__(self) -> str:
        return self.advice


def find_promtool() -> Promtool | Missing:
    """The one named in the environment, else the one on PATH."""
    found = os.environ.get(VARIABLE) or shutil.which("promtool")
    return Promtool(Path(found)) if found else Missing()


def ensure_promtool(say: Say) -> Promtool | Missing:
    """One to use, after installing it where root and apt-get are at hand."""
    found = find_promtool()
    if isinstance(found, Promtool) or os.geteuid() != 0:
        return found
    # promtool comes with Prometheus.
    if reason := install(["prometheus"], say, root=True):
        say(reason)
    return find_promtool()
