"""Kubernetes' own schemas of what the values pass on, cut out of those of the newest version.

Run as a module it writes them into the chart's schema, where the generator finds them.
"""

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

from charts.sources.values import as_schema
from charts.sources.values.generate import CHART
from charts.sources.values.root import values

VERSION = "1.37.0"
_GROUPS = {
    "core.v1": (
        *("Affinity", "Container", "EnvFromSource", "EnvVar", "Lifecycle", "LocalObjectReference"),
        *("PodSecurityContext", "ResourceRequirements", "SecurityContext", "Toleration"),
        *("TopologySpreadConstraint", "Volume", "VolumeMount"),
    ),
    "networking.v1": (
        *("NetworkPolicyPeer", "NetworkPolicyIngressRule", "NetworkPolicyEgressRule"),
    ),
    "autoscaling.v2": ("MetricSpec", "HorizontalPodAutoscalerBehavior"),
}


def definitions() -> dict[str, Any]:
    """Each that is needed, by its short name."""
    schemas = resources.files("kubernetes_validate") / "kubernetes-json-schema"
    file = schemas / f"v{VERSION}-local-strict" / "_definitions.json"
    everything = json.loads(file.read_text(encoding="utf-8"))["$defs"]
    found: dict[str, Any] = {}
    wanted = [f"io.k8s.api.{group}.{kind}" for group, kinds in _GROUPS.items() for kind in kinds]
    while wanted:
        name = wanted.pop()
        if _short(name) not in found:
            found[_short(name)] = _cut(everything[name])
            wanted += set(_references(everything[name]))
    return dict(sorted(found.items()))


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _cut(schema: Any) -> Any:
    """Without descriptions, and with references to the short names."""
    match schema:
        case {"$ref": str(target)}:
            return {"$ref": f"#/definitions/{_short(target)}"}
        case dict():
            # A property may be called "description", and is then no text.
            kept = {k: v for k, v in schema.items() if k != "description" or not isinstance(v, str)}
            return {k: _cut(v) for k, v in kept.items() if not k.startswith("x-")}
        case list():
            return [_cut(part) for part in schema]
        case _:
            return schema


def _references(schema: Any) -> Iterator[str]:
    match schema:
        case {"$ref": str(target)}:
            yield target.rpartition("/")[2]
        case dict():
            for part in schema.values():
                yield from _references(part)
        case list():
            for part in schema:
                yield from _references(part)
        case _:
            pass


if __name__ == "__main__":
    schema = as_schema.text(values(), definitions())
    (CHART / "values.schema.json").write_text(schema, encoding="utf-8")
