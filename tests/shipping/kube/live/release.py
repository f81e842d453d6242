"""One release of the chart in one namespace, as helm and as the cluster see it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charts.sources.values.generate import CHART
from tests.shipping.chart.rendered.helm import Object, run
from tests.shipping.chart.rendered.tools import yaml
from tests.shipping.kube.api import KubeApi

HOOK = "helm.sh/hook"
RESOURCE_POLICY = "helm.sh/resource-policy"
NO_HOOKS = "--no-hooks"
"""Helm would wait for the Job of a hook, which nothing here ever runs."""


@dataclass(frozen=True)
class Release:
    """The release `relay` with one file of values."""

    api: KubeApi
    namespace: str
    values: Path

    def helm(self, command: str, *more: str) -> str:
        """What helm prints; it succeeds, and the server warns of nothing, such as Pod Security."""
        done = run(*command.split(), "relay", *more, "--namespace", self.namespace)
        assert done.returncode == 0, done.stderr
        assert "warnings.go" not in done.stderr, done.stderr
        return done.stdout

    def apply(self, command: str, *settings: str) -> None:
        """Installs or upgrades the release; a setting is `name=value`."""
        changed = [f"--set={setting}" for setting in settings]
        self.helm(command, str(CHART), "--values", str(self.values), NO_HOOKS, *changed)

    def rendered(self) -> list[Object]:
        """Everything that helm makes of the chart for this cluster, hooks and tests too."""
        done = self.helm("template", str(CHART), "--values", str(self.values), "--validate")
        return [one for one in yaml.safe_load_all(done) if one]

    def stored(self) -> list[Object]:
        """The objects that helm says are in the release."""
        return [one for one in yaml.safe_load_all(self.helm("get manifest")) if one]

    def found(self, objects: list[Object]) -> list[str]:
        """Kind and name of those that are in the cluster."""
        there = [one for one in objects if self.api.find(one, self.namespace)]
        return [name(one) for one in there]

    def versions(self, objects: list[Object]) -> dict[str, str]:
        """Kind and name, and what changes with each write of the object in the cluster."""
        there = {name(one): self.api.find(one, self.namespace) for one in objects}
        return {of: one["metadata"]["resourceVersion"] for of, one in there.items() if one}

    def deployment(self) -> dict[str, Any]:
        """The relay's Deployment in the cluster."""
        (one,) = (one for one in self.stored() if one["kind"] == "Deployment")
        found = self.api.find(one, self.namespace)
        assert found is not None
        return found

    def secrets(self) -> list[str]:
        """The Secrets of the namespace, in which helm keeps its revisions."""
        found = self.api.get(f"/api/v1/namespaces/{self.namespace}/secrets")
        assert found is not None
        return [one["metadata"]["name"] for one in found["items"]]


def name(one: Object) -> str:
    """Kind and name."""
    return f"{one['kind']}/{one['metadata']['name']}"


def annotation(one: Object, key: str) -> str:
    """The value of an annotation, or nothing."""
    annotations: dict[str, str] = one["metadata"].get("annotations") or {}
    return annotations.get(key, "")
