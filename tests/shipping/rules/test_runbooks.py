"""The runbooks: one for each alert, each with its four parts, and only names that there are."""

import re

import pytest

from tests.shipping.rules.exposed import unanswered
from tests.shipping.rules.reading import ALERT_NAMES, ROOT

RUNBOOKS = ROOT / "docs" / "runbooks"
HEADINGS = ["## What it means", "## How to see it", "## What to do", "## How to tell it is over"]
INDEX = RUNBOOKS / "README.md"
LEAST_WORDS = 5
PLUGIN = "rabbitmq_prometheus"


def _text(name: str) -> str:
    return (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")


def test_each_alert_has_a_runbook_and_each_runbook_an_alert() -> None:
    """Where its `runbook_url` says."""
    assert sorted(file.stem for file in RUNBOOKS.glob("OrderRelay*.md")) == ALERT_NAMES


@pytest.mark.parametrize("name", ALERT_NAMES)
def test_a_runbook_has_its_four_parts(name: str) -> None:
    """In their order, under the alert's name, and none of them empty."""
    text = _text(name)
    assert text.startswith(f"# {name}\n")
    assert re.findall(r"^## .*$", text, re.MULTILINE) == HEADINGS
    parts = re.split(r"^## .*$", text, flags=re.MULTILINE)[1:]
    assert all(len(part.split()) >= LEAST_WORDS for part in parts)
    assert re.search(r"^1\. ", parts[2], re.MULTILINE)


@pytest.mark.parametrize("name", [*ALERT_NAMES, "README"])
def test_a_runbook_names_only_what_there_is(name: str) -> None:
    """Its metrics and recorded series exist."""
    assert set(unanswered(_text(name))) <= {PLUGIN}


def test_the_index_names_every_alert() -> None:
    """Once in its table, with a link."""
    rows = re.findall(r"^\| \[(\w+)\]\((\w+)\.md\) \|", INDEX.read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == [(name, name) for name in ALERT_NAMES]
