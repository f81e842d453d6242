"""What the pinned Go modules say, and what is built of them: read from their text alone."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_REQUIREMENT = re.compile(
    r"^\s*(?:require\s+)?(?P<path>[^\s()]+)\s+(?P<version>v\S+)", re.MULTILINE
)
_GO = re.compile(r"^go (?P<version>\S+)$", re.MULTILINE)
_KUBERNETES = "k8s.io/kubernetes"


class ModuleError(ValueError):
    """A go.mod lacks what is needed of it."""


@dataclass(frozen=True)
class Program:
    """A Go package that is built to a program of this name."""

    name: str
    package: str
    linker_flags: str = ""


CRD_GENERATOR = Program("controller-gen", "sigs.k8s.io/controller-tools/cmd/controller-gen")
CRD_PACKAGES = (
    "github.com/kedacore/keda/v2/apis/keda/v1alpha1",
    "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1",
)
CRD_NAMES = (
    "keda.sh_scaledobjects",
    "keda.sh_triggerauthentications",
    "monitoring.coreos.com_podmonitors",
    "monitoring.coreos.com_prometheusrules",
    "monitoring.coreos.com_servicemonitors",
)
"""The kinds that the chart uses, as the generator names their files."""


def required_version(go_mod: str, path: str) -> str:
    """The version that the module requires of another one, such as `v1.37.2`."""
    for match in _REQUIREMENT.finditer(go_mod):
        if match["path"] == path:
            return match["version"]
    raise ModuleError(f"go.mod requires no {path}")


def go_version(go_mod: str) -> tuple[int, ...]:
    """The oldest Go that can build the module."""
    match = _GO.search(go_mod)
    if match is None:
        raise ModuleError("go.mod names no Go version")
    return parse_go_version(match["version"])


def parse_go_version(text: str) -> tuple[int, ...]:
    """`go1.26.8`, `1.26` and the like, as numbers; what follows them is left out."""
    match = re.match(r"(?:go)?(\d+(?:\.\d+)*)", text)
    if match is None:
        raise ModuleError(f"no Go version: {text!r}")
    return tuple(int(part) for part in match[1].split("."))


def server_programs(go_mod: str) -> tuple[Program, ...]:
    """etcd and kube-apiserver, with the version that the API server tells its clients."""
    version = required_version(go_mod, _KUBERNETES)
    major, minor, *_ = version.removeprefix("v").split(".")
    # Without these it says v0.0.0-master, which satisfies no chart's `kubeVersion`.
    told = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    flags = " ".join(f"-X k8s.io/component-base/version.{k}={v}" for k, v in told.items())
    return (
        Program("etcd", "go.etcd.io/etcd/server/v3"),
        Program("kube-apiserver", f"{_KUBERNETES}/cmd/kube-apiserver", flags),
    )


def build_arguments(program: Program, output: Path) -> list[str]:
    """The arguments of `go` that build the program as its module pins it."""
    # Without inlining it compiles in two thirds of the time, and is fast enough for one client.
    how = ["-mod=readonly", "-trimpath", "-gcflags=all=-l -dwarf=false"]
    flags = f"-s -w {program.linker_flags}".strip()
    return ["build", *how, f"-ldflags={flags}", "-o", str(output), program.package]


def crd_arguments(output: Path) -> list[str]:
    """The arguments of the generator that make a CRD of each kind in the packages."""
    paths = [f"paths={package}" for package in CRD_PACKAGES]
    # Prometheus' own kinds have fields of these types, and have no others for them.
    return ["crd:allowDangerousTypes=true", *paths, f"output:dir={output}"]


def cache_key(parts: Iterable[bytes]) -> str:
    """Twelve hexadecimal digits that change with any of the parts."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:12]
