"""The Grafana dashboards as code; `make dashboards` writes the chart's files from it."""

import warnings
from importlib import import_module

# Two of Grafana's own modules say at their import that a newer form of dashboards is there. Its
# sidecar and its operator, which load the files, take the classic form.
with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
    import_module("grafana_foundation_sdk.builders.dashboard")
    import_module("grafana_foundation_sdk.builders.prometheus")
