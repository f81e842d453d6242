"""The libraries that are only in .venv-chart, asked for by name: elsewhere types are checked."""

from importlib import import_module
from typing import Any

yaml: Any = import_module("yaml")
schemas: Any = import_module("kubernetes_validate.utils")
keda: Any = import_module("cloudcoil.models.keda.v1alpha1")
prometheus_operator: Any = import_module("cloudcoil.models.prometheus_operator.v1")
jsonschema: Any = import_module("jsonschema")
referencing: Any = import_module("referencing")
