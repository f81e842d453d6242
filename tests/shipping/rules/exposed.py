"""The series that there are to be asked for: of a relay with all its limits, and of all others."""

import re
from collections.abc import Iterable, Mapping

from prometheus_client.samples import Sample

from tests.edges.telemetry.built import started
from tests.shipping.rules.reading import all_rules

BROKERS = frozenset(
    f"rabbitmq_detailed_queue_{what}"
    for what in ("consumers", "messages", "messages_ready", "messages_unacked")
)
SELECTOR = re.compile(
    r"\b(?P<name>(?:order_relay|rabbitmq|process)_\w+|order_relay:[a-z_]+:\w+|ALERTS\w*)"
    r"(?:\{(?P<labels>[^}]*)\})?"
)
_MATCHER = re.compile(r'(?P<label>\w+)(?P<operator>=~|!=|!~|=)"(?P<value>[^"]*)"')
_OF_PROMETHEUS = {"namespace", "job", "pod", "instance"}


def _recorded() -> dict[str, set[str]]:
    """Each recorded series with the labels that its rule keeps, as far as it names them."""
    kept = {rule.name: re.search(r"by \(([^)]+)\)", rule.expression) for rule in all_rules()}
    names = [rule.name for rule in all_rules() if not rule.is_alert]
    return {name: set(re.findall(r"\w+", by[1] if (by := kept[name]) else "")) for name in names}


RECORDED = _recorded()
_OTHERS: Mapping[str, Iterable[str]] = {
    **RECORDED,
    **dict.fromkeys(BROKERS, ("vhost", "queue")),
    "process_cpu_seconds_total": (),
    "process_max_fds": (),
    "process_open_fds": (),
    "process_resident_memory_bytes": (),
    "process_start_time_seconds": (),
    "ALERTS": ("alertname", "alertstate"),
    "ALERTS_FOR_STATE": ("alertname",),
}
"""What no relay's code exposes, with its labels."""


def _exposed() -> list[Sample]:
    registry = started(1, 5, 30).registry
    return [sample for family in registry.collect() for sample in family.samples]


_EXPOSED = _exposed()


def unanswered(expression: str) -> list[str]:
    """The selectors of an expression that no series meets."""
    return [
        found[0]
        for found in SELECTOR.finditer(expression)
        if not _has(found["name"], found["labels"] or "")
    ]


def _has(name: str, matchers: str) -> bool:
    wanted = {
        one["label"]: _pattern(one["operator"], one["value"])
        for one in _MATCHER.finditer(matchers)
        if one["label"] not in _OF_PROMETHEUS
    }
    if name in _OTHERS:
        return wanted.keys() <= set(_OTHERS[name])
    return any(
        sample.name == name
        and wanted.keys() <= sample.labels.keys()
        and all(re.fullmatch(value, sample.labels[label]) for label, value in wanted.items())
        for sample in _EXPOSED
    )


def _pattern(operator: str, value: str) -> str:
    """What a label's value must match; in PromQL a pattern's backslashes are written twice."""
    patterns = {"=": re.escape(value), "=~": value.replace(r"\\", "\\")}
    return patterns.get(operator, ".*")
