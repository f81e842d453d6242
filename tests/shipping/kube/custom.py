"""CRDs of the kinds whose projects' Go types are not to be had: any field is taken.

Against these an object's group, version, kind and name are checked, and no more.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CustomKind:
    """A kind of a project's own, as the chart uses it."""

    group: str
    version: str
    kind: str
    plural: str


OPEN_KINDS = (
    CustomKind("rabbitmq.com", "v1beta1", "Binding", "bindings"),
    CustomKind("rabbitmq.com", "v1beta1", "Exchange", "exchanges"),
    CustomKind("rabbitmq.com", "v1beta1", "Permission", "permissions"),
    CustomKind("rabbitmq.com", "v1beta1", "Policy", "policies"),
    CustomKind("rabbitmq.com", "v1beta1", "Queue", "queues"),
    CustomKind("rabbitmq.com", "v1beta1", "User", "users"),
    CustomKind("external-secrets.io", "v1", "ExternalSecret", "externalsecrets"),
    CustomKind("grafana.integreatly.org", "v1beta1", "GrafanaDashboard", "grafanadashboards"),
)


def open_crd(kind: CustomKind) -> dict[str, Any]:
    """A CRD of a namespaced kind whose spec is anything."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {"spec": anything, "status": anything}}
    version = {
        "name": kind.version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    names = {"kind": kind.kind, "listKind": f"{kind.kind}List", "plural": kind.plural,
             "singular": kind.kind.lower()}  # fmt: skip
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{kind.group}"},
        "spec": {
            "group": kind.group,
            "scope": "Namespaced",
            "names": names,
            "versions": [version],
        },
    }
