"""RabbitMQ 4.0 of Debian 13 in a folder of its own, for the tests on another system."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.world.broker.errors import BrokerError
from tests.world.broker.find import ROOT_VARIABLE, Installed, Say, find_in_root

SUITE = "trixie"
MIRROR = "http://deb.debian.org/debian"
DEFAULT_ARGUMENTS = (
    *("--numprocesses", "2", "--dist", "worksteal"),
    *("tests/world/broker", "tests/edges/amqp", "tests/app", "tests/commands", "tests/world/load"),
)
_TIMEOUT_SECONDS = 1_800.0


def default_folder() -> Path:
    """Where it is kept: in the user's cache, so that it is made once."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "order-relay" / "rabbitmq4"


def lacks() -> str | None:
    """What this machine lacks for making and entering such a folder, in one line."""
    if os.geteuid() != 0:
        return "RabbitMQ 4 in a folder needs root, for debootstrap and chroot"
    missing = [name for name in ("debootstrap", "unshare", "chroot") if not shutil.which(name)]
    if missing:
        return f"RabbitMQ 4 in a folder needs {', '.join(missing)} (apt-get install debootstrap)"
    return None


def ensure_fourth(folder: Path, say: Say) -> Installed:
    """RabbitMQ in the folder, made by debootstrap where it is not there yet."""
    if (problem := lacks()) is not None:
        raise BrokerError(problem)
    if not (found := find_in_root(folder)):
        _make(folder, say)
        found = find_in_root(folder)
    if not found:
        message = f"no RabbitMQ in {folder}, though debootstrap has made it"
        raise BrokerError(message)
    return found


def run_tests(folder: Path, arguments: list[str], say: Say) -> int:
    """pytest's exit code: the tests that use a broker, on the RabbitMQ in the folder."""
    found = ensure_fourth(folder, say)
    say(f"testing on {found}")
    command = ["-m", "pytest", *(arguments or DEFAULT_ARGUMENTS)]
    environment = {**os.environ, ROOT_VARIABLE: str(folder)}
    return subprocess.run([sys.executable, *command], env=environment, check=False).returncode


def _make(folder: Path, say: Say) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Under another name until it is whole: a folder that was given up half-way is made anew.
    making = folder.with_name(f"{folder.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    command = ["debootstrap", "--variant=minbase", "--include=rabbitmq-server", SUITE]
    say(f"making {folder} (some 400 MB): {' '.join(command)}")
    done = subprocess.run(
        [*command, str(making), MIRROR],
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        message = f"debootstrap: {(done.stderr or done.stdout).strip()[-1_000:]}"
        raise BrokerError(message)
    making.rename(folder)
