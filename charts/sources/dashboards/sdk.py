"""Grafana's own types, of which one says at its import that a newer form of dashboards is there.

Grafana's sidecar and its operator, which load the files, take the classic form.
"""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.builders import (
        common,
        dashboard,
        prometheus,
        stat,
        statetimeline,
        timeseries,
    )

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as common_types
from grafana_foundation_sdk.models import dashboard as types

__all__ = [
    "JSONEncoder",
    "common",
    "common_types",
    "dashboard",
    "prometheus",
    "stat",
    "statetimeline",
    "timeseries",
    "types",
]
