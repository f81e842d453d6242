"""The rules: promtool's word on them, their words for a person, and the metrics they ask for."""

import re
from pathlib import Path

import pytest
from prometheus_client.samples import Sample

from service.edges.telemetry.metrics import Metrics
from service.flow.events.process import Started
from tests.shipping.rules.promtool import Missing, Promtool, find_promtool
from tests.shipping.rules.reading import (
    ALERT_NAMES,
    FILE,
    NotReadError,
    Rule,
    alerts,
    all_rules,
    rules,
)

PROMTOOL_TESTS = sorted((Path(__file__).parent / "alerts").glob("*.yaml"))
SEVERITIES = {"critical", "warning", "info"}
NOT_OURS = {
    "process_resident_memory_bytes",
    "rabbitmq_detailed_queue_consumers",
    "rabbitmq_detailed_queue_messages",
    "rabbitmq_detailed_queue_messages_ready",
    "rabbitmq_detailed_queue_messages_unacked",
}
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")

FROM_PROMETHEUS = {"namespace", "job", "pod", "instance"}

_SELECTOR = re.compile(
    r"\b(?P<name>(?:order_relay|rabbitmq|process)_\w+)(?:\{(?P<labels>[^}]*)\})?"
)
_MATCHER = re.compile(r'(?P<label>\w+)(?P<operator>=~|=)"(?P<value>[^"]*)"')


def _id(rule: Rule) -> str:
    return f"{rule.name}-{rule.fields['labels.severity']}"


@pytest.fixture
def promtool() -> Promtool:
    """The promtool of this machine; without one these tests are skipped, and say so."""
    found = find_promtool()
    if isinstance(found, Missing):
        pytest.skip(str(found))
    return found


def test_promtool_takes_the_rules(promtool: Promtool) -> None:
    """Every expression and every template in a text can be read; and as many as are read here."""
    done = promtool.run("check", "rules", FILE)
    assert done.returncode == 0, done.stdout
    assert f"SUCCESS: {len(all_rules())} rules found" in done.stdout


@pytest.mark.timeout(300)
@pytest.mark.parametrize("file", PROMTOOL_TESTS, ids=lambda file: file.stem)
def test_an_alert_fires_and_stays_silent(promtool: Promtool, file: Path) -> None:
    """As its file says, series by series."""
    done = promtool.run("test", "rules", file)
    assert done.returncode == 0, done.stdout
    assert "SUCCESS" in done.stdout


def test_promtool_finds_a_wrong_expectation(promtool: Promtool, tmp_path: Path) -> None:
    """A test that expects silence of an alert that fires fails: the tests above can."""
    text = (Path(__file__).parent / "alerts" / "OrderRelayHeld.yaml").read_text(encoding="utf-8")
    wrong = re.sub(r"exp_alerts:\n(?: {10,}.*\n)+", "exp_alerts: []\n", text, count=1)
    assert wrong != text
    file = tmp_path / "wrong.yaml"
    file.write_text(re.sub(r"rule_files: .*", f"rule_files: [{FILE}]", wrong), encoding="utf-8")
    done = promtool.run("test", "rules", file)
    assert done.returncode != 0
    assert "is silent" not in done.stdout


@pytest.mark.parametrize("name", ALERT_NAMES)
def test_an_alert_has_tests_of_both_kinds(name: str) -> None:
    """One that fires with all its labels and texts, one that stays silent; of no other alert."""
    text = (Path(__file__).parent / "alerts" / f"{name}.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"alertname: (\S+)", text)) == {name}
    assert "exp_alerts: []" in text
    fired = set(re.findall(r"^ +severity: (\S+)$", text, re.MULTILINE))
    assert fired == {rule.fields["labels.severity"] for rule in alerts() if rule.name == name}
    assert text.count("exp_labels:") == text.count("exp_annotations:")


def test_there_is_a_file_of_tests_for_each_alert_and_no_other() -> None:
    """An alert that is renamed takes its tests along."""
    assert [file.stem for file in PROMTOOL_TESTS] == ALERT_NAMES


@pytest.mark.parametrize("rule", alerts(), ids=_id)
def test_an_alert_says_what_a_person_needs(rule: Rule) -> None:
    """Severity, service, a short summary, what is normal, what is first, where to read on."""
    assert rule.fields["labels.severity"] in SEVERITIES
    assert rule.fields["labels.service"] == "order-relay"
    assert 0 < len(rule.fields["annotations.summary"]) <= 60
    description = rule.fields["annotations.description"]
    assert "Normal is" in description
    assert "First: " in description
    assert rule.fields["annotations.runbook_url"] == f"docs/runbooks/{rule.name}.md"
    assert rule.fields["annotations.dashboard"] == "/d/order-relay"


def _exposed() -> list[Sample]:
    metrics = Metrics((1, 5, 30))
    metrics.record(Started("1.2.3", "3.13.1"))
    return [sample for family in metrics.registry.collect() for sample in family.samples]


_EXPOSED = _exposed()


def unanswered(expression: str) -> list[str]:
    """The selectors of an expression that no series of a started relay, or of the broker, meets."""
    return [
        found[0]
        for found in _SELECTOR.finditer(expression)
        if found["name"] not in NOT_OURS and not _has(found["name"], found["labels"] or "")
    ]


def _has(name: str, matchers: str) -> bool:
    wanted = [
        (one["label"], one["value"] if one["operator"] == "=~" else re.escape(one["value"]))
        for one in _MATCHER.finditer(matchers)
        if one["label"] not in FROM_PROMETHEUS
    ]
    return any(
        sample.name == name
        and all(re.fullmatch(value, sample.labels.get(label, "")) for label, value in wanted)
        for sample in _EXPOSED
    )


def test_the_rules_ask_for_what_there_is() -> None:
    """Every metric, label and value is one that a relay shows from its start, or the broker's."""
    assert [one for rule in all_rules() for one in unanswered(rule.expression)] == []
    assert len({m["name"] for r in all_rules() for m in _SELECTOR.finditer(r.expression)}) > 10


@pytest.mark.parametrize(
    "wrong",
    [
        "order_relay_replys_total",
        "order_relay_order_duration_seconds",
        'order_relay_held{reason="credential"}',
        'order_relay_held{status="x"}',
        'order_relay_order_duration_seconds_bucket{le="61.0"}',
        "rabbitmq_queue_messages",
    ],
)
def test_what_is_not_there_is_found(wrong: str) -> None:
    """A misspelt metric, a histogram without suffix, a value, a label or a bound of no series."""
    assert unanswered(f"sum(rate({wrong}[5m])) > 1") == [wrong]


def test_every_recorded_series_is_recorded_before_it_is_used() -> None:
    """And none is recorded twice."""
    known: list[str] = []
    for rule in all_rules():
        used = set(re.findall(r"\border_relay:[a-z_]+:\w+", rule.expression))
        assert used <= set(known), rule.name
        if not rule.is_alert:
            known.append(rule.name)
    assert len(known) == len(set(known))
    for objective in ("answers_late", "orders_unknown", "api_errors"):
        assert {f"order_relay:{objective}:ratio_rate{window}" for window in WINDOWS} <= set(known)
    for objective in ("answers_late", "orders_unknown"):
        assert f"order_relay:{objective}:ratio_rate30d" in known


def test_a_line_that_cannot_be_read_is_an_error() -> None:
    """No rule is lost in silence."""
    with pytest.raises(NotReadError):
        rules("groups:\n  - name: one\n    rules:\n      - alert: A\n        expr: up\n\tbad")
    with pytest.raises(NotReadError):
        rules("other: 1\n")
