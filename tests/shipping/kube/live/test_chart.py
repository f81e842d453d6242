"""What an API server says of the chart, and what helm does with it there."""

from pathlib import Path

import pytest

from tests.shipping.chart.rendered.helm import CI
from tests.shipping.kube.api import KubeApi, KubeError
from tests.shipping.kube.live.release import (
    HOOK,
    NO_HOOKS,
    RESOURCE_POLICY,
    Release,
    annotation,
    name,
)

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(params=CI, ids=[file.name.removesuffix("-values.yaml") for file in CI])
def release(api: KubeApi, namespace: str, request: pytest.FixtureRequest) -> Release:
    """A release of each file of values."""
    values = request.param
    assert isinstance(values, Path)
    return Release(api, namespace, values)


def test_the_server_takes_every_object_and_knows_every_field(release: Release) -> None:
    """Hooks and tests too, which the life of a release below leaves out."""
    objects = release.rendered()
    assert any(annotation(one, HOOK) for one in objects)
    for one in objects:
        stored = release.api.dry_run(one, release.namespace)
        assert stored["metadata"]["uid"]


def test_the_life_of_a_release(release: Release) -> None:
    """Installed, upgraded, rolled back, uninstalled: only what is to be kept is left."""
    release.apply("install")
    objects = release.stored()
    assert release.found(objects) == [name(one) for one in objects]
    first, versions = release.deployment(), release.versions(objects)

    release.apply("upgrade")
    assert release.versions(objects) == versions  # The same values write no object anew.

    release.apply("upgrade", "config.log.level=error", "revisionHistoryLimit=7")
    upgraded = release.deployment()
    assert upgraded["spec"]["revisionHistoryLimit"] == 7
    # New pods: what the program reads once at its start has changed.
    assert upgraded["spec"]["template"] != first["spec"]["template"]

    release.helm("rollback", "1", NO_HOOKS)
    assert release.deployment()["spec"] == first["spec"]

    release.helm("uninstall", NO_HOOKS)
    kept = [name(one) for one in objects if annotation(one, RESOURCE_POLICY) == "keep"]
    assert release.found(objects) == kept
    assert release.secrets() == []


def test_the_server_refuses_what_is_wrong(release: Release) -> None:
    """A field that it does not know, and a value of a wrong type: else the above proves nothing."""
    known = [one for one in release.rendered() if one["kind"] in {"Deployment", "ScaledObject"}]
    for one in known:
        with pytest.raises(KubeError, match="unknown field"):
            release.api.dry_run(one | {"spec": one["spec"] | {"misspelt": 1}}, release.namespace)
        wrong = one | {"spec": one["spec"] | {_NUMBER[one["kind"]]: "many"}}
        with pytest.raises(KubeError, match=r"must be of type integer|cannot unmarshal"):
            release.api.dry_run(wrong, release.namespace)


_NUMBER = {"Deployment": "minReadySeconds", "ScaledObject": "pollingInterval"}
