"""Values that are wrong are refused before anything is installed, by the path of what is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.shipping.chart.rendered.helm import MINIMAL, refusal
from tests.shipping.chart.rendered.tools import yaml

LINES = 6
"""Helm's own are three, and four around what the schema says."""

_FILE = Path(__file__).with_name("refused.yaml")
_CASES = [
    pytest.param(says, values, id=json.dumps(values))
    for case in yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    for says, values in case.items()
]


def test_there_are_enough() -> None:
    """So that an empty file proves nothing."""
    assert len(_CASES) >= 90


@pytest.mark.parametrize(("says", "values"), _CASES)
def test_wrong_values_are_refused_by_their_path(says: str, values: dict[str, Any]) -> None:
    """With the words of the file; a Secret is named unless the values say where it comes from."""
    said = refusal(json.dumps({**MINIMAL, **values}))
    assert says in said
    # One sentence for one mistake.
    assert len(said.strip().splitlines()) <= LINES, said
