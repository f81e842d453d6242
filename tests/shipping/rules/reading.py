"""Reads the rules file, so that a test can walk through the rules."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

_yaml: Any = import_module("yaml")
ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "charts" / "order-relay" / "rules" / "order-relay.yaml"


@dataclass(frozen=True)
class Rule:
    """An alert, or a recording rule; `fields` are by path, like `annotations.summary`."""

    name: str
    is_alert: bool
    fields: dict[str, str]

    @property
    def expression(self) -> str:
        """Its PromQL."""
        return self.fields["expr"]


def rules(text: str) -> list[Rule]:
    """All rules of the file, in order."""
    groups = _yaml.safe_load(text)["groups"]
    return [_rule(found) for group in groups for found in group["rules"]]


def _rule(found: dict[str, Any]) -> Rule:
    fields = {name: text for name, text in found.items() if isinstance(text, str)}
    for part in ("labels", "annotations"):
        fields |= {f"{part}.{name}": text for name, text in found.get(part, {}).items()}
    return Rule(found.get("alert") or found["record"], "alert" in found, fields)


def all_rules() -> list[Rule]:
    """Those of the project."""
    return rules(FILE.read_text(encoding="utf-8"))


def alerts() -> list[Rule]:
    """The alerts of the project; one name may stand for two severities."""
    return [rule for rule in all_rules() if rule.is_alert]


ALERT_NAMES = sorted({rule.name for rule in alerts()})
