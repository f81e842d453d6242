"""The log's schema as JSON Schema: one branch for each kind of line, and one for the libraries'."""

import json
from typing import Any

from docs.sources.logs.fields import LIBRARY, Field, Kind, kinds

TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"

Schema = dict[str, Any]


def text() -> str:
    """The file."""
    return json.dumps(schema(), indent=2) + "\n"


def schema() -> Schema:
    """A line is of exactly one of these."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of order-relay's log (ORDER_RELAY_LOG__FORMAT=json)",
        "oneOf": [*map(_branch, kinds()), _branch(LIBRARY)],
    }


def _branch(kind: Kind) -> Schema:
    event: Schema = {"const": kind.text} if kind.text else {"type": "string"}
    own = {field.name: _property(field) for field in kind.fields}
    required = [field.name for field in kind.fields if field.required]
    return {
        "description": kind.when,
        "type": "object",
        "properties": {
            "time": _property(Field("time", "string", "when the line was written", is_time=True)),
            "level": {"enum": list(kind.levels)},
            "event": event,
            **own,
            "trace_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        },
        "required": ["time", "level", "event", *required],
        "additionalProperties": False,
    }


def _property(field: Field) -> Schema:
    described: Schema = {"description": field.meaning}
    if field.words:
        return {"enum": list(field.words), **described}
    if field.is_time:
        return {"type": "string", "format": "date-time", "pattern": TIME, **described}
    return {"type": field.type, **described}
