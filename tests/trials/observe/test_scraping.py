"""What Prometheus is told to scrape."""

import json
from pathlib import Path

import pytest

from tests.shipping.rules.promtool import Missing, find_promtool
from tests.trials.observe.scraping import Scraping, Targets, configuration


def test_promtool_takes_the_configuration(tmp_path: Path) -> None:
    """With every metric page of the broker, the file of relays, and the rules."""
    promtool = find_promtool()
    if isinstance(promtool, Missing):
        pytest.skip(str(promtool))
    rules = tmp_path / "rules.yaml"
    rules.write_text("groups: []\n", encoding="utf-8")
    targets = Targets.none_yet(tmp_path / "targets.json")
    text = configuration(Scraping(2, [rules]), targets.file, "http://127.0.0.1:15692/metrics")
    file = tmp_path / "prometheus.yml"
    file.write_text(text, encoding="utf-8")
    done = promtool.run("check", "config", file)
    assert done.returncode == 0, done.stdout
    assert "1 rule files found" in done.stdout


def test_targets_are_those_put_and_not_removed(tmp_path: Path) -> None:
    """A pod that comes again is found at its new address only."""
    targets = Targets.none_yet(tmp_path / "targets.json")
    targets.put("one", "one-0", "http://127.0.0.1:1")
    targets.put("one", "one-0", "http://127.0.0.1:2")
    targets.put("two", "two-0", "http://127.0.0.1:3")
    assert json.loads(targets.file.read_text("utf-8")) == [
        {"targets": ["127.0.0.1:2"], "labels": {"namespace": "one", "pod": "one-0"}},
        {"targets": ["127.0.0.1:3"], "labels": {"namespace": "two", "pod": "two-0"}},
    ]
    targets.remove("two")
    assert len(json.loads(targets.file.read_text("utf-8"))) == 1
