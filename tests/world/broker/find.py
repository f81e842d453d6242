"""Where a RabbitMQ for the tests comes from: installed, installed now, or a container."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

SERVER_VARIABLE = "RABBITMQ_SERVER_BIN"
IMAGE = "docker.io/library/rabbitmq:4-management"
MISSING = (
    "no RabbitMQ: install it (Debian, Ubuntu: apt-get install rabbitmq-server), start docker or"
    f" podman, or name a rabbitmq-server in {SERVER_VARIABLE}"
)
# First the directory with the plain scripts: those on PATH may insist on root.
DIRECTORIES = (Path("/usr/lib/rabbitmq/bin"),)
_ENGINES = ("docker", "podman")
_ENGINE_TIMEOUT_SECONDS = 20.0
Say = Callable[[str], None]


@dataclass(frozen=True)
class Installed:
    """A RabbitMQ of this machine."""

    server: Path
    epmd: Path

    @property
    def ctl(self) -> Path:
        """The `rabbitmqctl` beside the server."""
        return self.server.with_name("rabbitmqctl")

    def __str__(self) -> str:
        return f"RabbitMQ at {self.server}"


@dataclass(frozen=True)
class Container:
    """An engine that works, and the image that it would run."""

    engine: Path
    image: str = IMAGE

    def __str__(self) -> str:
        return f"RabbitMQ as {self.image} by {self.engine}"


@dataclass(frozen=True)
class Missing:
    """Neither a RabbitMQ nor a way to get one."""

    advice: str = MISSING

    def __str__(self) -> str:
        return self.advice


def find_rabbitmq(
    directories: Sequence[Path] = DIRECTORIES,
) -> Installed | Container | Missing:
    """What can run a node now, without changing this machine."""
    return find_installed(directories) or find_container() or Missing()


def ensure_rabbitmq(say: Say) -> Installed | Container | Missing:
    """What can run a node, after installing RabbitMQ where root and apt-get are at hand."""
    return find_installed() or _install(say) or find_container() or Missing()


def find_installed(directories: Sequence[Path] = DIRECTORIES) -> Installed | None:
    """The server named in the environment, else Debian's, else the one on PATH."""
    named = os.environ.get(SERVER_VARIABLE)
    on_path = shutil.which("rabbitmq-server")
    candidates = [Path(named)] if named else [d / "rabbitmq-server" for d in directories]
    if on_path and not named:
        candidates.append(Path(on_path))
    epmd = _find_epmd()
    for server in candidates:
        if epmd and os.access(server, os.X_OK) and server.with_name("rabbitmqctl").exists():
            return Installed(server=server, epmd=epmd)
    return None


def find_container() -> Container | None:
    """The first engine whose daemon answers."""
    for name in _ENGINES:
        engine = shutil.which(name)
        if engine and _succeeds([engine, "info"], _ENGINE_TIMEOUT_SECONDS):
            return Container(engine=Path(engine))
    return None


def install_commands() -> list[list[str]]:
    """What installs RabbitMQ on Debian and its kin."""
    install = ["apt-get", "install", "-y", "--no-install-recommends", "rabbitmq-server"]
    return [["apt-get", "update"], install]


def _install(say: Say) -> Installed | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    # Runlevel 1 keeps the package from starting a system node on the default ports.
    environment = {**os.environ, "RUNLEVEL": "1", "DEBIAN_FRONTEND": "noninteractive"}
    for command in install_commands():
        say("installing RabbitMQ: " + " ".join(command))
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            say(done.stderr.strip())
            return None
    return find_installed()


def _find_epmd() -> Path | None:
    on_path = shutil.which("epmd")
    if on_path:
        return Path(on_path)
    return next(iter(sorted(Path("/usr/lib/erlang").glob("erts-*/bin/epmd"))), None)


def _succeeds(command: list[str], timeout_seconds: float) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, timeout=timeout_seconds, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
