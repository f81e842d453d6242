"""Holds a line against the log's schema."""

from docs.sources.logs.as_schema import Schema
from tests.shipping.schemas import Validator


def problems(line: object, schema: Schema) -> list[str]:
    """What is wrong with a line; empty for one that fits exactly one branch."""
    if Validator(schema).is_valid(line):
        return []
    text = line.get("event") if isinstance(line, dict) else None
    branches: list[Schema] = schema["oneOf"]
    meant = [one for one in branches if one["properties"]["event"].get("const") == text]
    if not meant:
        return [f"no line is called {text!r}"]
    found = [str(error.message) for error in Validator(meant[0]).iter_errors(line)]
    return found or [f"{line} fits several kinds of lines"]
