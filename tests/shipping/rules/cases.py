"""The tests of the alerts, made of the short files in `alerts` as promtool reads them.

A file names what its alert says, by severity, and with which labels, if not a job's; and each of
its tests: the series, when the alert is looked at, and which of them fires then, with what stands
in the place of `{}`. Without any, none fires.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.shipping.rules.reading import FILE

CASES = sorted((Path(__file__).parent / "alerts").glob("*.toml"))
_GROUPS = ["order-relay-recorded", "order-relay-objectives", "order-relay-alerts"]
_JOB = {"namespace": "shop", "job": "shop/relay"}
_BROKER = {"namespace": "messaging", "job": "rabbitmq", "vhost": "/"}
_INSTANCES = {"relay-a": "10.0.0.1:8080", "relay-b": "10.0.0.2:8080"}


def read(file: Path) -> dict[str, Any]:
    """The file of one alert, whose name is the alert's."""
    return tomllib.loads(file.read_text(encoding="utf-8"))


def promtool_file(alert: str, cases: dict[str, Any]) -> dict[str, Any]:
    """What promtool is given, as YAML or JSON."""
    return {
        "rule_files": [str(FILE)],
        "evaluation_interval": cases.get("every", "1m"),
        "group_eval_order": _GROUPS,
        "tests": [
            {
                "name": name,
                "interval": "1m",
                "input_series": [
                    {"series": _whole(series), "values": values}
                    for series, values in case["series"].items()
                ],
                "alert_rule_test": [
                    {
                        "eval_time": case["at"],
                        "alertname": alert,
                        "exp_alerts": list(_fired(alert, cases["alerts"], case.get("fires", {}))),
                    }
                ],
                "promql_expr_test": [
                    {
                        "expr": name,
                        "eval_time": case["at"],
                        "exp_samples": [
                            {"labels": _with(name, _JOB), "value": value} for value in values
                        ],
                    }
                    for name, values in case.get("recorded", {}).items()
                ],
            }
            for name, case in cases["tests"].items()
        ],
    }


def severity(name: str) -> str:
    """That of an alert by its name in a file: what follows a dash tells it from another one."""
    return name.partition("-")[0]


def _fired(alert: str, known: dict[str, Any], fires: dict[str, str]) -> Iterator[dict[str, Any]]:
    for name, value in fires.items():
        says = known[name]
        own = {"service": "order-relay", "severity": severity(name)}
        yield {
            "exp_labels": says.get("labels", _JOB) | own,
            "exp_annotations": {
                "summary": says["summary"],
                "description": says["description"].replace("{}", value),
                "runbook_url": f"docs/runbooks/{alert}.md",
                "dashboard": "/d/order-relay",
            },
        }


def _whole(series: str) -> str:
    """A series with the labels that Prometheus adds to those of a relay, or of the broker."""
    name = series.partition("{")[0]
    own = dict(re.findall(r'(\w+)="([^"]*)"', series))
    if name.startswith("rabbitmq_"):
        return _with(name, _BROKER | own)
    if name.startswith(("order_relay_", "process_")):
        pod = own.get("pod", "relay-a")
        return _with(name, {**_JOB, "pod": pod, "instance": _INSTANCES[pod], **own})
    return series


def _with(name: str, labels: dict[str, str]) -> str:
    shown = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{name}{{{shown}}}"
