"""values.schema.json: nothing that is not described passes."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from charts.sources.values.describe import Block, Value


def text(root: Block, definitions: Mapping[str, Any]) -> str:
    """The whole file, with Kubernetes' own schemas of what the values pass on, a line each."""
    schema = json.dumps(schema_of(root), indent=2, ensure_ascii=False)
    lines = [f"    {json.dumps(name)}: {json.dumps(definitions[name])}" for name in definitions]
    head = '{\n  "$schema": "http://json-schema.org/draft-07/schema#",\n'
    return head + '  "definitions": {\n' + ",\n".join(lines) + "\n  }," + schema[1:] + "\n"


def schema_of(found: Value | Block) -> dict[str, Any]:
    """The schema of a value or of a block of them."""
    match found:
        case Value():
            schema = {"description": found.meaning, "default": found.default, **found.needs}
            # An example of a list or an object is one; the keyword wants a list of examples.
            return schema | ({"examples": list(found.examples)} if found.examples else {})
        case Block():
            return {
                "description": found.meaning,
                "type": "object",
                "additionalProperties": False,
                "properties": {name: schema_of(inner) for name, inner in found.values.items()},
            }


def objects(schema: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every schema below this one that describes an object, with where it stands."""
    if isinstance(schema, Mapping):
        kind = schema.get("type")
        if kind == "object" or (isinstance(kind, list) and "object" in kind):
            yield path, schema
        for name, inner in schema.items():
            yield from objects(inner, f"{path}/{name}")
    elif isinstance(schema, list):
        for place, inner in enumerate(schema):
            yield from objects(inner, f"{path}/{place}")
