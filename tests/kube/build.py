"""etcd, kube-apiserver and the CRDs out of pinned Go modules, each built once and then kept."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.kube.modules import (
    Program,
    build_arguments,
    cache_key,
    go_version,
    parse_go_version,
    server_programs,
)

SERVER_MODULE = Path(__file__).parent / "server"
LOWEST_PRIORITY = 19
BUILD_SECONDS = 3 * 3600.0
Say = Callable[[str], None]


class BuildError(Exception):
    """What is missing for the build, or what the build said."""


@dataclass(frozen=True)
class Go:
    """A Go toolchain, and where what it makes is kept."""

    command: str
    cache: Path
    say: Say

    def module(self, directory: Path, name: str) -> Path:
        """Where the products of a module are kept; another go.mod or go.sum is another place."""
        files = [(directory / file).read_bytes() for file in ("go.mod", "go.sum")]
        return self.cache / f"{name}-{cache_key([*files, self.version().encode()])}"

    def version(self) -> str:
        """Such as `go1.26.8`."""
        return self.run(["env", "GOVERSION"], Path.cwd()).strip()

    def run(self, arguments: Iterable[str], directory: Path) -> str:
        """What `go` prints, run in a module; BuildError with the end of what it says on failure."""
        done = subprocess.run(
            [self.command, *arguments],
            cwd=directory,
            env=build_environment(os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
            preexec_fn=lambda: os.nice(LOWEST_PRIORITY),  # noqa: PLW1509 - No thread runs yet.
        )
        if done.returncode != 0:
            raise BuildError(f"go {' '.join(arguments)}:\n{done.stderr.strip()[-2000:]}")
        return done.stdout


def find_go(cache: Path, say: Say, needed: tuple[int, ...]) -> Go:
    """The Go of this machine, or BuildError that says what to install."""
    command = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
    wanted = ".".join(map(str, needed))
    if command is None:
        raise BuildError(f"no Go: install Go {wanted} or newer; its module proxy is needed, too")
    go = Go(command, cache, say)
    if parse_go_version(go.version()) < needed:
        raise BuildError(f"{command} is {go.version()}; Go {wanted} or newer is needed")
    return go


def build_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Whatever the caller set: a static build, and no other Go is fetched for it."""
    return {**environment, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}


def needed_go() -> tuple[int, ...]:
    """The oldest Go that builds the server."""
    return go_version(_go_mod())


def build_server(go: Go) -> Path:
    """The directory that holds `etcd` and `kube-apiserver`."""
    directory = go.module(SERVER_MODULE, "server")
    for program in server_programs(_go_mod()):
        _build(go, program, directory)
    return directory


def _build(go: Go, program: Program, directory: Path) -> None:
    if (directory / program.name).exists():
        return
    go.say(f"building {program.name} of {program.package}; the first time takes long ...")
    began = time.monotonic()
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory) as unfinished:
        output = Path(unfinished, program.name)
        go.run(build_arguments(program, output), SERVER_MODULE)
        size_mib = output.stat().st_size / 2**20
        # Only a whole program has the name that is looked for.
        output.rename(directory / program.name)
    go.say(f"built {program.name}: {size_mib:.0f} MiB in {time.monotonic() - began:.0f} s")


def _go_mod() -> str:
    return (SERVER_MODULE / "go.mod").read_text(encoding="utf-8")
