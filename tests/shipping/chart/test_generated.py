"""What is generated is not stale, and says what the program's settings say."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic.alias_generators import to_camel

from charts.sources.values.as_schema import objects
from charts.sources.values.describe import Block, Value, leaves
from charts.sources.values.generate import CHART, files
from charts.sources.values.program import ELSEWHERE
from charts.sources.values.root import values
from service.app.settings import Settings, variables

_SCHEMA: Any = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
_LEAVES = dict(leaves(values()))

_OPEN = {
    "/properties/global": "belongs to a parent chart",
    "/properties/extraObjects/items": "objects of any kind",
    "/properties/extraObjects/items/properties/metadata": "objects of any kind",
    "/properties/topology/properties/operator/properties/policies/items/properties/definition": (
        "RabbitMQ's own keys, which depend on its version"
    ),
    "/definitions/FieldsV1": "Kubernetes' own: bookkeeping of managed fields",
}


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_a_generated_file_is_as_the_generator_would_write_it(path: Path) -> None:
    """Else: `python -m charts.sources.values.generate`."""
    assert path.read_text(encoding="utf-8") == files()[path]


def test_every_setting_of_the_program_has_its_place() -> None:
    """Under `config`, or in the block that is named for it; and `config` has nothing else."""
    paths = set(variables(Settings).values())
    assert set(ELSEWHERE) <= paths
    expected = {("config", *map(to_camel, path)) for path in paths - set(ELSEWHERE)}
    assert {path for path in _LEAVES if path[0] == "config"} == expected


def test_the_defaults_of_config_are_those_of_the_program() -> None:
    """But for the topology, whose mode depends on who owns it."""
    program = Settings.model_construct(api=None).model_dump()  # type: ignore[arg-type]
    program["api"] = Settings.model_fields["api"].annotation.model_construct().model_dump()  # type: ignore[union-attr]
    for path in set(variables(Settings).values()) - set(ELSEWHERE) - {("amqp", "topology")}:
        there: Any = program
        for name in path:
            there = there[name]
        here = _LEAVES["config", *map(to_camel, path)].default
        assert here == (list(there) if isinstance(there, tuple) else there), path


def test_nothing_that_is_not_described_passes_the_schema() -> None:
    """Every object refuses unknown keys or says what its values are; the exceptions are named."""
    found = {
        path: schema
        for path, schema in objects(_SCHEMA)
        # An object that Kubernetes defines is closed where it is defined.
        if schema.get("additionalProperties", True) is True and "allOf" not in schema
    }
    assert set(found) == set(_OPEN)


def test_every_value_is_described() -> None:
    """With a sentence, and no two tables of the README say it differently."""

    def check(found: Value | Block) -> None:
        assert found.meaning.strip()
        for inner in found.values.values() if isinstance(found, Block) else ():
            check(inner)

    check(values())


def test_the_chart_is_of_the_programs_version() -> None:
    """appVersion is the version in pyproject.toml."""
    project = CHART.parents[1] / "pyproject.toml"
    version = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]
    chart = (CHART / "Chart.yaml").read_text(encoding="utf-8")
    assert re.findall(r"^appVersion: (.+)$", chart, re.MULTILINE) == [version]
