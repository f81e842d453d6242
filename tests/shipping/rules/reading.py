"""Reads the rules file, which keeps to a small part of YAML: mappings, folded texts, plain words.

promtool is who says that the file is YAML and means what it should; this is only so that a test can
walk through the rules without one more library.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "charts" / "order-relay" / "rules" / "order-relay.yaml"

_RULE = re.compile(r"^ {6}- (?P<key>alert|record): (?P<name>\S+)$")
_FIELD = re.compile(r"^(?P<indent> {8}| {10})(?P<key>[a-z_]+):(?: (?P<text>.*))?$")
_FOLDED = ">-"


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


class NotReadError(ValueError):
    """A line of the rules file is of no form that is known here."""


def rules(text: str) -> list[Rule]:
    """All rules of the file, in order; NotReadError for a line that would be lost."""
    found: list[Rule] = []
    parent = key = ""
    for line in text.splitlines():
        if line.strip().startswith("#") or not line.strip():
            continue
        if new := _RULE.match(line):
            found.append(Rule(new["name"], new["key"] == "alert", {}))
            parent = key = ""
        elif not found or re.match(r"^ {0,4}\S", line):
            if not re.match(r"^(groups:|  - name: \S+|    (rules:|interval: \w+))$", line):
                raise NotReadError(line)
        elif field := _FIELD.match(line):
            parent = parent if len(field["indent"]) > 8 else ""
            key = ".".join(filter(None, (parent, field["key"])))
            if field["text"] is None:
                parent = field["key"]
            else:
                found[-1].fields[key] = "" if field["text"] == _FOLDED else field["text"]
        elif line.startswith(" " * 10) and key in found[-1].fields:
            found[-1].fields[key] = f"{found[-1].fields[key]} {line.strip()}".strip()
        else:
            raise NotReadError(line)
    return found


def all_rules() -> list[Rule]:
    """Those of the project."""
    return rules(FILE.read_text(encoding="utf-8"))


def alerts() -> list[Rule]:
    """The alerts of the project; one name may stand for two severities."""
    return [rule for rule in all_rules() if rule.is_alert]


ALERT_NAMES = sorted({rule.name for rule in alerts()})
