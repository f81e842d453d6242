"""CRDs of the kinds whose projects' Go types are not to be had: any field is taken.

Against these an object's group, version, kind and name are checked, and no more.
"""

from typing import Any

_QUEUES = ("Binding", "Exchange", "Permission", "Policy", "Queue", "User")
OPEN_KINDS = (
    *(("rabbitmq.com", "v1beta1", kind) for kind in _QUEUES),
    ("external-secrets.io", "v1", "ExternalSecret"),
    ("grafana.integreatly.org", "v1beta1", "GrafanaDashboard"),
)
"""The group, the version and the name of each, as the chart uses it."""


def open_crd(group: str, version: str, kind: str) -> dict[str, Any]:
    """A CRD of a namespaced kind whose spec is anything."""
    singular = kind.lower()
    plural = f"{singular.removesuffix('y')}ies" if singular.endswith("y") else f"{singular}s"
    names = {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": singular}
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {"spec": anything, "status": anything}}
    served = {"name": version, "served": True, "storage": True}
    versions = [{**served, "schema": {"openAPIV3Schema": schema}}]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": versions},
    }
