"""Every usual set-up renders to objects that Kubernetes and the operators take, whole."""

import json
from pathlib import Path
from typing import Any

import pytest

from charts.sources.values.generate import CHART
from tests.shipping.chart.rendered import custom, definitions, kubernetes
from tests.shipping.chart.rendered.helm import CI, NEWEST, Object, named, render, render_file, run


def _is_custom(one: Object) -> bool:
    return (one["apiVersion"], one["kind"]) in custom.KINDS


def test_the_versions_are_what_they_should_be() -> None:
    """From 1.27, which Chart.yaml names, to the newest that there are schemas of."""
    known = kubernetes.versions()
    assert known[0].startswith("1.27")
    assert len(known) >= 11
    assert NEWEST in known
    assert 'kubeVersion: ">=1.27.0-0"' in (CHART / "Chart.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("version", kubernetes.versions())
def test_each_version_of_kubernetes_takes_every_set_up(version: str) -> None:
    """Strictly; a kind that it does not know is one of the known custom resources."""
    seen: dict[str, Object] = {}
    for file in CI:
        seen |= {kubernetes.as_text(one): one for one in render_file(file, version)}
    own = [one for one in seen.values() if not _is_custom(one)]
    assert len(own) > 40
    assert {kubernetes.as_text(one): found for one in own if (found := _wrong(one, version))} == {}


def _wrong(one: Object, version: str) -> list[str]:
    return kubernetes.problems(one, version)


@pytest.mark.parametrize("file", CI, ids=lambda file: file.stem)
def test_the_operators_take_every_set_up(file: Path) -> None:
    """No key that their resources do not have, and every value of its type."""
    found = [one for one in render_file(file) if _is_custom(one)]
    assert {
        one["metadata"]["name"]: wrong for one in found if (wrong := custom.problems(one))
    } == {}


def test_the_set_ups_have_every_kind() -> None:
    """So that none goes unchecked."""
    kinds = {(one["apiVersion"], one["kind"]) for file in CI for one in render_file(file)}
    assert kinds >= custom.KINDS


@pytest.mark.parametrize("file", CI, ids=lambda file: file.stem)
def test_helm_has_nothing_to_say_about(file: Path) -> None:
    """`helm lint --strict`, where a warning is a failure."""
    done = run("lint", "--strict", CHART, "--values", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_helm_has_nothing_to_say_about_the_chart_as_it_is() -> None:
    """Without any values."""
    done = run("lint", "--strict", CHART)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", CI, ids=lambda file: file.stem)
def test_no_two_objects_have_one_name(file: Path) -> None:
    """And each is in the namespace of the release, with the labels that find it."""
    found = render_file(file)
    names = [(one["apiVersion"], one["kind"], one["metadata"]["name"]) for one in found]
    assert len(set(names)) == len(names)
    assert {one["metadata"]["namespace"] for one in found} == {"shop"}
    ours = [one for one in found if not one["metadata"]["name"].endswith("-extra")]
    assert all("app.kubernetes.io/instance" in one["metadata"]["labels"] for one in ours)


def _changed(values: dict[str, Any], kind: str) -> Object:
    one = named(render(**values), kind)
    one["spec"] = {**one["spec"], "nonsense": 1}
    return one


def test_a_wrong_object_is_found() -> None:
    """The checks above can fail: of Kubernetes, of a published model, and of one made here."""
    assert kubernetes.problems(_changed({}, "Deployment"), NEWEST)
    assert kubernetes.problems({"apiVersion": "apps/v1beta9", "kind": "Deployment"}, NEWEST)
    monitor = {"podMonitor": {"enabled": True}}
    assert custom.problems(_changed(monitor, "PodMonitor")) == [".spec.nonsense: not known"]
    operator = {"topology": {"operator": {"enabled": True, "cluster": {"name": "r"}}}}
    user = {"user": {"create": True, "credentialsSecret": "login"}}
    operator["topology"]["operator"] |= user
    assert custom.problems(_changed(operator, "Permission"))


def test_the_definitions_of_kubernetes_are_of_its_newest_version() -> None:
    """Else: `python -m tests.shipping.chart.rendered.definitions`."""
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    assert schema["definitions"] == definitions.definitions()
    assert kubernetes.versions()[-1] == definitions.VERSION
