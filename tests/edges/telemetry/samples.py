"""What a registry shows, in a form that tests can compare."""

from prometheus_client import CollectorRegistry

Samples = dict[str, float]


def shown(registry: CollectorRegistry) -> Samples:
    """Every value of ours, by name and labels, without the buckets of histograms."""
    values = {}
    for metric in registry.collect():
        for sample in metric.samples:
            if sample.name.startswith("order_relay_") and not sample.name.endswith("_bucket"):
                labels = ",".join(f"{name}={value}" for name, value in sample.labels.items())
                values[f"{sample.name.removeprefix('order_relay_')}[{labels}]"] = sample.value
    return values


def changes(before: Samples, after: Samples) -> Samples:
    """The values that are new or differ."""
    return {name: value for name, value in after.items() if before.get(name) != value}
