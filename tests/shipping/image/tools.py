"""What builds and runs images on this machine, found or installed."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass

NEEDED = ("podman", "buildah", "runc", "mmdebstrap")
Find = Callable[[str], str | None]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Ready:
    """All is there."""


@dataclass(frozen=True)
class Lacking:
    """What is not there, and why it was not installed."""

    tools: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        return f"no image can be built here: {', '.join(self.tools)} missing; {self.reason}"


def missing_tools(find: Find = shutil.which, needed: Iterable[str] = NEEDED) -> tuple[str, ...]:
    """The tools that are not on the PATH; Debian's packages have the same names."""
    return tuple(tool for tool in needed if find(tool) is None)


def install_commands(tools: Iterable[str]) -> list[list[str]]:
    """What installs the tools on Debian and its kin."""
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *tools]
    return [["apt-get", "update", "-qq"], install]


def ensure_tools(say: Say, *, find: Find = shutil.which, root: bool) -> Ready | Lacking:
    """Ready, after an installation where root and apt-get are at hand."""
    missing = missing_tools(find)
    if not missing:
        return Ready() if root else Lacking(("root",), "the stand-in base needs it")
    if not root or find("apt-get") is None:
        return Lacking(missing, "install them (as root on Debian: apt-get install <them>)")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in install_commands(missing):
        say("installing: " + " ".join(command))
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return Lacking(missing, done.stderr.strip()[-500:])
    still_missing = missing_tools(find)
    return Lacking(still_missing, "apt-get has not brought them") if still_missing else Ready()
