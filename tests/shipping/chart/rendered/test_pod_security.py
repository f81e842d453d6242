"""Every pod passes Pod Security `restricted`, without a value being set for it.

By the table in Kubernetes' documentation, as far as a pod of this chart can touch it; what is not
named there is not looked at.
"""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.shipping.chart.rendered.helm import CI, Object, pod, render, render_file

_VOLUMES = {
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image"),
    *("persistentVolumeClaim", "projected", "secret"),
}
_PROFILES = {"RuntimeDefault", "Localhost"}


def _pods(objects: list[Object]) -> dict[str, Object]:
    """The specification of every pod that the objects make, by kind and name."""
    found = {}
    for one in objects:
        name = f"{one['kind']}/{one['metadata']['name']}"
        if one["kind"] == "Pod":
            found[name] = one["spec"]
        elif one["kind"] in ("Deployment", "Job"):
            found[name] = one["spec"]["template"]["spec"]
    return found


def _violations(pod: Object) -> list[str]:
    """What of a pod `restricted` refuses."""
    found = [
        f"{name}: not allowed" for name in ("hostNetwork", "hostPID", "hostIPC") if name in pod
    ]
    for volume in pod.get("volumes", []):
        found += [f"volume {kind}" for kind in volume.keys() - {"name"} - _VOLUMES]
    for one in (*pod.get("initContainers", []), *pod["containers"]):
        found += [f"{one['name']}: {text}" for text in _container(one, pod)]
    return found


def _container(one: Object, pod: Object) -> Iterator[str]:
    own, shared = one.get("securityContext", {}), pod.get("securityContext", {})
    both = {**shared, **own}
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation"
    if own.get("privileged"):
        yield "privileged"
    if own.get("capabilities", {}).get("drop") != ["ALL"]:
        yield "capabilities.drop"
    if set(own.get("capabilities", {}).get("add", [])) - {"NET_BIND_SERVICE"}:
        yield "capabilities.add"
    if both.get("runAsNonRoot") is not True:
        yield "runAsNonRoot"
    if both.get("runAsUser") == 0:
        yield "runAsUser"
    if both.get("seccompProfile", {}).get("type") not in _PROFILES:
        yield "seccompProfile"
    if any("hostPort" in port for port in one.get("ports", [])):
        yield "hostPort"


@pytest.mark.parametrize("file", CI, ids=lambda file: file.stem)
def test_every_pod_passes_restricted(file: Path) -> None:
    """The relay's, the topology job's and the test's."""
    found = _pods(render_file(file))
    assert len(found) >= 2
    assert {name: wrong for name, one in found.items() if (wrong := _violations(one))} == {}


@pytest.mark.parametrize("file", CI, ids=lambda file: file.stem)
def test_every_container_has_more_than_restricted_asks_for(file: Path) -> None:
    """A file system that cannot be written, a numeric user, no token, and bounded memory."""
    for one in _pods(render_file(file)).values():
        assert one["automountServiceAccountToken"] is False
        assert one["enableServiceLinks"] is False
        assert one["securityContext"]["runAsUser"] == 10_001
        assert one["securityContext"]["runAsGroup"] == 0
        for container in one["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert "memory" in container["resources"]["limits"]


def _without(*path: str) -> Callable[[Object], None]:
    def change(spec: Object) -> None:
        for name in path[:-1]:
            spec = spec[name]
        del spec[path[-1]]

    return change


def _first(change: Callable[[Object], None]) -> Callable[[Object], None]:
    return lambda spec: change(spec["containers"][0])


_WORSE: dict[str, Callable[[Object], None]] = {
    "runAsNonRoot": _without("securityContext", "runAsNonRoot"),
    "seccompProfile": _without("securityContext", "seccompProfile"),
    "capabilities.drop": _first(_without("securityContext", "capabilities")),
    "allowPrivilegeEscalation": _first(_without("securityContext", "allowPrivilegeEscalation")),
    "runAsUser": lambda spec: spec["securityContext"].update(runAsUser=0),
    "hostNetwork": lambda spec: spec.update(hostNetwork=True),
    "volume hostPath": lambda spec: spec["volumes"].append({"name": "x", "hostPath": {}}),
}


@pytest.mark.parametrize("problem", _WORSE)
def test_a_worse_pod_is_found(problem: str) -> None:
    """The check can fail, for each of its reasons."""
    spec = copy.deepcopy(pod(render())["spec"])
    assert _violations(spec) == []
    _WORSE[problem](spec)
    assert any(problem in text for text in _violations(spec))
