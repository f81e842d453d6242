"""The chart's libraries, most without types, so asked for by name."""

from importlib import import_module
from typing import Any

yaml: Any = import_module("yaml")
schemas: Any = import_module("kubernetes_validate.utils")
jsonschema: Any = import_module("jsonschema")
referencing: Any = import_module("referencing")


def keda() -> Any:
    """KEDA's models; seconds to import, so only where they are needed."""
    return import_module("cloudcoil.models.keda.v1alpha1")


def prometheus_operator() -> Any:
    """The Prometheus Operator's models; seconds to import, too."""
    return import_module("cloudcoil.models.prometheus_operator.v1")
