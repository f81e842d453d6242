"""etcd, kube-apiserver and CRDs out of pinned Go modules, each made once and then kept."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.shipping.kube.modules import (
    CRD_GENERATOR,
    CRD_NAMES,
    KUBERNETES,
    Program,
    build_arguments,
    cache_key,
    crd_arguments,
    server_programs,
)

SERVER_MODULE = Path(__file__).parent / "server"
CRDS_MODULE = Path(__file__).parent / "crds"
BUILD_SECONDS = 6 * 3600.0
GO_COMMANDS = ("go", "/usr/local/go/bin/go")
Say = Callable[[str], None]


class BuildError(Exception):
    """What is missing for the build, or what the build said."""


def cache_directory(environment: Mapping[str, str]) -> Path:
    """Where the products are kept."""
    cache = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "order-relay", "kube")


@dataclass(frozen=True)
class Go:
    """A Go toolchain, and where what it makes is kept."""

    command: str
    cache: Path
    say: Say

    @classmethod
    def find(cls, cache: Path, say: Say, commands: Iterable[str] = GO_COMMANDS) -> "Go":
        """The Go of this machine, or BuildError; whether it is new enough, it says itself."""
        command = next(filter(None, map(shutil.which, commands)), None)
        if command is None:
            raise BuildError("there is no Go; install it, and have its module proxy at hand")
        return cls(command, cache, say)

    def version(self) -> str:
        """Such as `go1.26.8`."""
        return self.run(["env", "GOVERSION"], Path.cwd()).strip()

    def run(self, arguments: Iterable[str], module: Path) -> str:
        """What `go` prints, run in a module; BuildError with the end of what it says on failure."""
        return run([self.command, *arguments], module)

    def products(self, module: Path) -> Path:
        """Where the products of a module are kept; another version of anything is another place."""
        pinned = [path.read_bytes() for path in sorted(module.iterdir())]
        return self.cache / f"{module.name}-{cache_key([*pinned, self.version().encode()])}"

    def build(self, program: Program, module: Path) -> Path:
        """The program, built unless it is there."""
        directory = self.products(module)
        built = directory / program.name
        if built.exists():
            return built
        self.say(f"building {program.name} of {program.package} ...")
        began = time.monotonic()
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory) as unfinished:
            output = Path(unfinished, program.name)
            self.run(build_arguments(program, output), module)
            # Only a whole program has the name that is looked for.
            output.rename(built)
        size_mib = built.stat().st_size / 2**20
        self.say(f"built {program.name}: {size_mib:.0f} MiB in {time.monotonic() - began:.0f} s")
        return built


def build_server(go: Go) -> Path:
    """The directory that holds `etcd` and `kube-apiserver`."""
    version = go.run(["list", "-m", "-f", "{{.Version}}", KUBERNETES], SERVER_MODULE).strip()
    for program in server_programs(version):
        go.build(program, SERVER_MODULE)
    return go.products(SERVER_MODULE)


def generate_crds(go: Go) -> list[bytes]:
    """The CRDs of `CRD_NAMES`, as YAML."""
    directory = go.products(CRDS_MODULE) / "yaml"
    if not directory.exists():
        generator = go.build(CRD_GENERATOR, CRDS_MODULE)
        with tempfile.TemporaryDirectory(dir=directory.parent) as unfinished:
            output = Path(unfinished, "yaml")
            run([str(generator), *crd_arguments(output)], CRDS_MODULE)
            output.rename(directory)
    return [(directory / f"{name}.yaml").read_bytes() for name in CRD_NAMES]


def run(command: list[str], directory: Path) -> str:
    """What a tool prints; BuildError with the end of what it says on failure."""
    done = subprocess.run(
        command,
        cwd=directory,
        env=build_environment(os.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-2000:]
        raise BuildError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return done.stdout


def build_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Whatever the caller set: a static build, and no other Go is fetched for it."""
    return {**environment, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
