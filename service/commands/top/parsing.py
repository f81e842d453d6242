"""Reading the text format of Prometheus: what other programs may answer, too, breaks nothing."""

from prometheus_client.parser import text_string_to_metric_families

from service.commands.top.samples import Labels, labels_of, usable
from service.edges.telemetry import catalogue

MOST_SERIES = 20_000
"""A relay has less than a thousand."""

_OURS = (catalogue.PREFIX, "process_")
_NO_LIMIT = {catalogue.RATE_LIMIT.name, catalogue.MEMORY_LIMIT.name}


class UnreadableMetricsError(Exception):
    """The answer is no metrics of a relay; the text says what it is instead."""


def parse(text: str) -> dict[str, dict[Labels, float]]:
    """The series of the relay and its process; numbers that cannot be counted with are left out.

    Raises UnreadableMetricsError.
    """
    lines = [line for line in text.split("\n") if line.startswith(_OURS)]
    if not any(line.startswith(catalogue.PREFIX) for line in lines):
        raise UnreadableMetricsError("no metrics of a relay")
    if len(lines) > MOST_SERIES:
        raise UnreadableMetricsError(f"more than {MOST_SERIES} series")
    try:
        families = list(text_string_to_metric_families("\n".join(lines) + "\n"))
    except Exception as error:
        # The parser meets foreign text with errors of many kinds, IndexError among them.
        raise UnreadableMetricsError("metrics that cannot be read") from error
    values: dict[str, dict[Labels, float]] = {}
    for sample in (sample for family in families for sample in family.samples):
        if usable(sample.value, unbounded=sample.name in _NO_LIMIT):
            group, labels = values.setdefault(sample.name, {}), labels_of(sample.labels)
            # Labels that differ only in what was made fit to be shown are one series here.
            group[labels] = group.get(labels, 0.0) + sample.value
    return values
