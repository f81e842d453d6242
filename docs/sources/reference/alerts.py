"""The alerts and the recorded series, from the file that Prometheus reads."""

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from docs.sources.reference.tables import table

RULES = Path(__file__).parents[3] / "charts" / "order-relay" / "rules" / "order-relay.yaml"
_TOP = """# Alerts

Those of the chart, as they stand in its file of rules. What to do about one, and about several at
once: [runbooks](runbooks/README.md). This page is written from the rules (`make log-schema`).

"""
_RECORDED = "\n## Recorded series\n\nThe alerts and the dashboards read these.\n\n"


def page() -> str:
    """The whole text."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    alerts = [rule for rule in rules if "alert" in rule]
    names = sorted({rule["record"] for rule in rules if "record" in rule})
    head = ("alert", "severity", "for", "says")
    recorded = "".join(f"- `{name}`\n" for name in names)
    whole = "".join(map(_expression, alerts))
    return f"{_TOP}{table(head, *map(_row, alerts))}\n## Expressions\n{whole}{_RECORDED}{recorded}"


def _row(rule: dict[str, Any]) -> tuple[str, ...]:
    name, labels, annotations = rule["alert"], rule["labels"], rule["annotations"]
    return (
        f"[{name}](runbooks/{name}.md)",
        labels["severity"],
        rule.get("for", "at once"),
        annotations["summary"],
    )


def _expression(rule: dict[str, Any]) -> str:
    return (
        f"\n### {rule['alert']}, {rule['labels']['severity']}\n\n```promql\n{rule['expr']}\n```\n"
    )
