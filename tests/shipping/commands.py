"""What the tools of this machine are asked to do, and getting those that are missing."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

Say = Callable[[str], None]
Find = Callable[[str], str | None]
INSTALL_SECONDS = 1800.0


class CommandError(Exception):
    """A command failed; the message holds the end of what it said."""


def run(
    command: list[str],
    seconds: float,
    *,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """What a command prints."""
    done = subprocess.run(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()[-3000:]
        raise CommandError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return done.stdout


def install_commands(packages: Iterable[str]) -> list[list[str]]:
    """What installs packages on Debian and its kin."""
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    return [["apt-get", "update", "-qq"], install]


def install(packages: Iterable[str], say: Say, *, root: bool, find: Find = shutil.which) -> str:
    """What was in the way of an installation; nothing after one."""
    if not root or find("apt-get") is None:
        return f"install them (as root on Debian: apt-get install {' '.join(packages)})"
    # Runlevel 1 keeps a package from starting a service of the system on its default port.
    environment = {**os.environ, "RUNLEVEL": "1", "DEBIAN_FRONTEND": "noninteractive"}
    for command in install_commands(packages):
        say("installing: " + " ".join(command))
        try:
            run(command, INSTALL_SECONDS, environment=environment)
        except CommandError as error:
            return str(error)
    return ""
