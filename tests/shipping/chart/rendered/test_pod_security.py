"""Every pod passes Pod Security `restricted`, without a value being set for it."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.shipping.chart.rendered.helm import CI, Object, pod, render, render_file
from tests.shipping.chart.rendered.pod_security import pods, violations


@pytest.mark.parametrize("file", CI, ids=lambda file: file.stem)
def test_every_pod_passes_restricted(file: Path) -> None:
    """The relay's, the topology job's and the test's."""
    found = pods(render_file(file))
    assert len(found) >= 2
    assert {name: wrong for name, one in found.items() if (wrong := violations(one))} == {}


@pytest.mark.parametrize("file", CI, ids=lambda file: file.stem)
def test_every_container_has_more_than_restricted_asks_for(file: Path) -> None:
    """A file system that cannot be written, a numeric user, no token, and bounded memory."""
    for one in pods(render_file(file)).values():
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
    assert violations(spec) == []
    _WORSE[problem](spec)
    assert any(problem in text for text in violations(spec))
