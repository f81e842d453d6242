"""What the chart's rules record, reckoned for a time that is over, from blocks that are there."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.shipping.rules.reading import Rule, all_rules
from tests.world.prometheus import running

_RECORDED = re.compile(r"\border_relay:\w+:\w+")


def layers(rules: list[Rule]) -> Iterator[list[Rule]]:
    """Rules that read what no other records, then those that read the first ones', and so on."""
    known: set[str] = set()
    left = rules
    while left:
        now = [rule for rule in left if known.issuperset(_RECORDED.findall(rule.expression))]
        if not now:
            message = f"each of these reads another: {', '.join(rule.name for rule in left)}"
            raise ValueError(message)
        yield now
        known.update(rule.name for rule in now)
        left = [rule for rule in left if rule.name not in known]


def write_recorded(folder: Path, start: int, end: int, step_seconds: int) -> None:
    """Adds blocks of all recorded series; seconds since the epoch."""
    for layer in layers([rule for rule in all_rules() if not rule.is_alert]):
        # A server reads new blocks at its start: each layer needs one that knows the layer before.
        with TemporaryDirectory(prefix="rules-") as scratch, running(folder) as server:
            file = Path(scratch, "rules.json")
            file.write_text(_as_file(layer), encoding="utf-8")
            command = (
                *("promtool", "tsdb", "create-blocks-from", "rules"),
                *(f"--start={start}", f"--end={end}", f"--eval-interval={step_seconds}s"),
                *(f"--url={server.url}", f"--output-dir={folder}", file),
            )
            subprocess.run(command, check=True, capture_output=True)


def _as_file(rules: list[Rule]) -> str:
    """As YAML, which JSON is."""
    recorded = [{"record": rule.name, "expr": rule.expression} for rule in rules]
    return json.dumps({"groups": [{"name": "layer", "rules": recorded}]})
