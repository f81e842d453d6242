"""The metrics, from the one place that has them."""

from docs.sources.reference.tables import table
from service.edges.telemetry import catalogue
from service.edges.telemetry.catalogue import Metric

_TOP = """# Metrics

What `/metrics` of the admin port shows ([settings](settings.md)). No label takes a value from a
message: each has a closed set of values. Beside these there are Python's and the process's own
(`process_...`, `python_...`). [Dashboards](dashboards.md) and [alerts](alerts.md) are made of
them. This page is written from the program (`make log-schema`).

"""


def page() -> str:
    """The whole text."""
    found = [value for value in vars(catalogue).values() if isinstance(value, Metric)]
    return _TOP + table(("name", "type", "labels", "meaning"), *map(_row, found)) + _buckets(found)


def _row(metric: Metric) -> tuple[str, ...]:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"`{metric.name}`", metric.kind, labels, metric.help


def _buckets(found: list[Metric]) -> str:
    rows = (
        (f"`{metric.name}`", ", ".join(map(str, metric.buckets)))
        for metric in found
        if metric.buckets
    )
    return f"\n## Bounds of the histograms, in seconds\n\n{table(('name', 'bounds'), *rows)}"
