"""Holds a line against the log's schema, which uses a small part of JSON Schema.

A library for all of JSON Schema would be one more dependency for one test.
"""

import re
from typing import Any

from docs.sources.logs.as_schema import Schema

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
}


def problems(line: object, schema: Schema) -> list[str]:
    """What is wrong with a line; empty for one that fits exactly one branch."""
    if not isinstance(line, dict):
        return ["not an object"]
    branches: list[Schema] = schema["oneOf"]
    fitting = [one for one in branches if not _of_branch(line, one)]
    if len(fitting) == 1:
        return []
    if fitting:
        return [f"{line} fits {len(fitting)} kinds of lines"]
    meant = [
        one for one in branches if one["properties"]["event"].get("const") == line.get("event")
    ]
    return _of_branch(line, meant[0]) if meant else [f"no line is called {line.get('event')!r}"]


def _of_branch(line: dict[str, Any], branch: Schema) -> list[str]:
    known: dict[str, Schema] = branch["properties"]
    found = [f"{name} is missing" for name in branch["required"] if name not in line]
    found += [f"{name} is not known" for name in line if name not in known]
    for name in line.keys() & known.keys():
        if not _fits(line[name], known[name]):
            found.append(f"{name} is {line[name]!r}")
    return sorted(found)


def _fits(value: object, rule: Schema) -> bool:
    unknown = rule.keys() - {"description", "format", "type", "const", "enum", "pattern"}
    assert not unknown, f"{unknown} is not checked"
    if "const" in rule:
        return bool(value == rule["const"])
    if "enum" in rule:
        return value in rule["enum"]
    # To Python true is an integer; to JSON it is none.
    if isinstance(value, bool) and rule["type"] != "boolean":
        return False
    if not isinstance(value, _TYPES[rule["type"]]):
        return False
    return "pattern" not in rule or re.search(rule["pattern"], str(value)) is not None
