"""What the numbers at the top say in the middle of a hold: nothing that only looks well."""

import json
from pathlib import Path
from typing import Any

import pytest

from charts.sources.dashboards.boards import BOARDS, panels
from charts.sources.dashboards.promql import oldest_order
from tests.shipping.dashboards.fill_in import fill_in
from tests.shipping.rules.promtool import Missing, find_promtool

_AGE = "order_relay_oldest_order_age_seconds"
_ANSWERED = "order_relay_order_duration_seconds"


def _number(title: str) -> str:
    (panel,) = (panel for panel in panels(BOARDS[0]) if panel.title == title)
    return panel.queries[0].expression


def _held(**reasons: int) -> dict[str, str]:
    every = dict.fromkeys(("throttled", "circuit", "publisher", "credentials"), 0) | reasons
    return {f'order_relay_held{{reason="{name}"}}': f"{held}x9" for name, held in every.items()}


_ORDERS = {
    f'{_ANSWERED}_bucket{{le="60.0"}}': "0+9x9",
    f"{_ANSWERED}_count": "0+9x9",
}


@pytest.mark.parametrize(
    ("expression", "series", "shown"),
    [
        (oldest_order(), {_AGE: "0x9", **_held()}, [0]),
        (oldest_order(), {_AGE: "780x9", **_held(circuit=1)}, [780]),
        # The broker has the orders again: that none is here says nothing about their age.
        (oldest_order(), {_AGE: "0x9", **_held(circuit=1)}, []),
        (oldest_order(), {_AGE: "0x9", **_held(throttled=1)}, [0]),
        (_number("Answered in 60 s, API up"), {**_ORDERS, **_held()}, [1]),
        (_number("Answered in 60 s, API up"), {**_ORDERS, **_held(circuit=1)}, []),
        (_number("Sending orders"), _held(), [0]),
        (_number("Sending orders"), _held(throttled=1, circuit=1), [2]),
        (_number("Sending orders"), _held(credentials=1, throttled=1), [4]),
    ],
)
def test_a_number_in_a_hold(
    tmp_path: Path, expression: str, series: dict[str, str], shown: list[int]
) -> None:
    """As promtool reckons it, after nine minutes."""
    promtool = find_promtool()
    if isinstance(promtool, Missing):
        pytest.skip(str(promtool))
    asked = fill_in(expression, __rate_interval="4m")
    samples = [{"labels": "{}", "value": value} for value in shown]
    case: dict[str, Any] = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": asked, "eval_time": "9m", "exp_samples": samples}],
    }
    file = tmp_path / "test.json"
    file.write_text(json.dumps({"rule_files": [], "tests": [case]}), encoding="utf-8")
    done = promtool.run("test", "rules", file)
    assert done.returncode == 0, done.stdout
