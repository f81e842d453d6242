"""What is built of the pinned Go modules, and how go is asked for it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

KUBERNETES = "k8s.io/kubernetes"


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


def server_programs(version: str) -> tuple[Program, ...]:
    """etcd and kube-apiserver, which tells its clients this version, such as `v1.37.2`."""
    major, minor, *_ = version.removeprefix("v").split(".")
    # Without these it says v0.0.0-master, which satisfies no chart's `kubeVersion`.
    told = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    flags = " ".join(f"-X k8s.io/component-base/version.{k}={v}" for k, v in told.items())
    return (
        Program("etcd", "go.etcd.io/etcd/server/v3"),
        Program("kube-apiserver", f"{KUBERNETES}/cmd/kube-apiserver", flags),
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
