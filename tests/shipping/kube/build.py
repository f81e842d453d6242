"""etcd, kube-apiserver and CRDs out of pinned Go modules, each made once and then kept."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.shipping.commands import CommandError, Say, run
from tests.shipping.kube import modules

SERVER_MODULE = Path(__file__).parent / "server"
CRDS_MODULE = Path(__file__).parent / "crds"
BUILD_SECONDS = 6 * 3600.0
GO_COMMANDS = ("go", "/usr/local/go/bin/go")


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
        """The Go of this machine, or CommandError; whether it is new enough, it says itself."""
        command = next(filter(None, map(shutil.which, commands)), None)
        if command is None:
            raise CommandError("there is no Go; install it, and have its module proxy at hand")
        return cls(command, cache, say)

    def version(self) -> str:
        """Such as `go1.26.8`."""
        return self.run(["env", "GOVERSION"], Path.cwd()).strip()

    def run(self, arguments: Iterable[str], module: Path) -> str:
        """What `go` prints, run in a module; CommandError when it fails."""
        return _run([self.command, *arguments], module)

    def products(self, module: Path) -> Path:
        """Where the products of a module are kept; another version of anything is another place."""
        pinned = [path.read_bytes() for path in sorted(module.iterdir())]
        return self.cache / f"{module.name}-{modules.cache_key([*pinned, self.version().encode()])}"

    def build(self, program: modules.Program, module: Path) -> Path:
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
            self.run(modules.build_arguments(program, output), module)
            # Only a whole program has the name that is looked for.
            output.rename(built)
        size_mib = built.stat().st_size / 2**20
        self.say(f"built {program.name}: {size_mib:.0f} MiB in {time.monotonic() - began:.0f} s")
        return built


def build_server(go: Go) -> Path:
    """The directory that holds `etcd` and `kube-apiserver`."""
    version = go.run(
        ["list", "-m", "-f", "{{.Version}}", modules.KUBERNETES], SERVER_MODULE
    ).strip()
    for program in modules.server_programs(version):
        go.build(program, SERVER_MODULE)
    return go.products(SERVER_MODULE)


def generate_crds(go: Go) -> list[bytes]:
    """The CRDs of `CRD_NAMES`, as YAML."""
    directory = go.products(CRDS_MODULE) / "yaml"
    if not directory.exists():
        generator = go.build(modules.CRD_GENERATOR, CRDS_MODULE)
        with tempfile.TemporaryDirectory(dir=directory.parent) as unfinished:
            output = Path(unfinished, "yaml")
            _run([str(generator), *modules.crd_arguments(output)], CRDS_MODULE)
            output.rename(directory)
    return [(directory / f"{name}.yaml").read_bytes() for name in modules.CRD_NAMES]


def _run(command: list[str], module: Path) -> str:
    environment = build_environment(os.environ)
    return run(command, BUILD_SECONDS, directory=module, environment=environment)


def build_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Whatever the caller set: a static build, and no other Go is fetched for it."""
    return {**environment, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
