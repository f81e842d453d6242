"""The schema is one, and what it shows as default or example passes it."""

import json
from typing import Any

import pytest

from charts.sources.values.describe import Value, leaves
from charts.sources.values.generate import CHART
from charts.sources.values.root import values
from tests.shipping.chart.rendered.tools import jsonschema, yaml

_SCHEMA: Any = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
_LEAVES = {".".join(path): value for path, value in leaves(values())}


def _wrong(value: Value, shown: Any) -> list[str]:
    schema = {**value.needs, "definitions": _SCHEMA["definitions"]}
    return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(shown)]


def test_the_schema_is_a_schema() -> None:
    """Of draft 7, which every Helm 3 reads."""
    jsonschema.Draft7Validator.check_schema(_SCHEMA)


@pytest.mark.parametrize("path", _LEAVES)
def test_what_is_shown_of_a_value_is_right(path: str) -> None:
    """Its default and each of its examples."""
    value = _LEAVES[path]
    assert {str(one): _wrong(value, one) for one in (value.default, *value.examples)} == {
        str(one): [] for one in (value.default, *value.examples)
    }


def test_values_yaml_says_the_defaults() -> None:
    """Read as YAML, every value is what is described."""
    read = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    for path, value in leaves(values()):
        found = read
        for name in path:
            found = found[name]
        assert found == value.default, path


def test_a_wrong_example_is_found() -> None:
    """The check above can fail."""
    assert _wrong(_LEAVES["tolerations"], [{"effekt": "NoSchedule"}])
    assert _wrong(_LEAVES["config.admin.port"], 0)
