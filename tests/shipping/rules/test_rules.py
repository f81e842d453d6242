"""The rules: promtool's word on them, their words for a person, and the metrics they ask for."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.shipping.rules.cases import CASES, promtool_file, read, severity
from tests.shipping.rules.exposed import SELECTOR, unanswered
from tests.shipping.rules.promtool import Missing, Promtool, find_promtool
from tests.shipping.rules.reading import (
    ALERT_NAMES,
    FILE,
    Rule,
    alerts,
    all_rules,
)

SEVERITIES = {"critical", "warning", "info"}
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


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


def _tried(promtool: Promtool, alert: str, cases: dict[str, Any], directory: Path) -> str | None:
    """What promtool finds wrong with the tests of an alert."""
    file = directory / f"{alert}.json"
    file.write_text(json.dumps(promtool_file(alert, cases)), encoding="utf-8")
    done = promtool.run("test", "rules", file)
    return done.stdout if done.returncode or "SUCCESS" not in done.stdout else None


@pytest.mark.timeout(300)
@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_an_alert_fires_and_stays_silent(promtool: Promtool, file: Path, tmp_path: Path) -> None:
    """As its file says, series by series, with all its labels and texts."""
    assert _tried(promtool, file.stem, read(file), tmp_path) is None


def test_promtool_finds_a_wrong_expectation(promtool: Promtool, tmp_path: Path) -> None:
    """A test that expects silence of an alert that fires fails: the tests above can."""
    cases = read(CASES[0].with_stem("OrderRelayHeld"))
    assert cases["tests"]["fires"].pop("fires")
    found = _tried(promtool, "OrderRelayHeld", cases, tmp_path)
    assert found
    assert "is silent" not in found


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_an_alert_has_tests_of_both_kinds(file: Path) -> None:
    """One that fires for each severity that it has, and one that stays silent."""
    fired = [case.get("fires", {}) for case in read(file)["tests"].values()]
    assert {} in fired
    assert {severity(name) for one in fired for name in one} == {
        rule.fields["labels.severity"] for rule in alerts() if rule.name == file.stem
    }


def test_there_is_a_file_of_tests_for_each_alert_and_no_other() -> None:
    """An alert that is renamed takes its tests along."""
    assert [file.stem for file in CASES] == ALERT_NAMES


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


def test_the_rules_ask_for_what_there_is() -> None:
    """Every metric, label and value is one that a relay shows from its start, or the broker's."""
    assert [one for rule in all_rules() for one in unanswered(rule.expression)] == []
    assert len({m["name"] for r in all_rules() for m in SELECTOR.finditer(r.expression)}) > 10


@pytest.mark.parametrize(
    "wrong",
    [
        "order_relay_replys_total",
        "order_relay_order_duration_seconds",
        'order_relay_held{reason="credential"}',
        'order_relay_held{status="x"}',
        'order_relay_order_duration_seconds_bucket{le="61.0"}',
        'order_relay_held{status!="x"}',
        "rabbitmq_queue_messages",
        'rabbitmq_detailed_queue_messages{node="x"}',
        "order_relay:answers:rate9m",
        'order_relay:answers:rate5m{queue="x"}',
        'ALERTS{summary="x"}',
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
