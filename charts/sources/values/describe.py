"""How a value is described: its meaning, its default, and what it may be as a JSON schema."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65_535}
# What Kubernetes takes as the name of an object; empty where there is none.
NAME: Schema = {
    "type": "string",
    "pattern": r"^([a-z0-9]([-.a-z0-9]*[a-z0-9])?)?$",
    "maxLength": 253,
}
SECRET_KEY: Schema = {"type": "string", "pattern": r"^[-._a-zA-Z0-9]+$", "maxLength": 253}
SECRET_KEY_OR_NONE: Schema = {"type": "string", "pattern": r"^[-._a-zA-Z0-9]*$", "maxLength": 253}
DURATION: Schema = {"type": "string", "pattern": r"^([0-9]+(ms|s|m|h))+$"}
OFF: Schema = {"const": False}
EMPTY: Schema = {"maxLength": 0}
STRINGS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}


@dataclass(frozen=True, slots=True)
class Value:
    """One value; `needs` is written into its schema, beside description, default and examples."""

    meaning: str
    default: Any
    needs: Schema
    examples: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Values that belong together; `rules` are schemas over the whole block."""

    meaning: str
    values: Mapping[str, "Value | Block"]
    rules: tuple[Schema, ...] = ()


def block(meaning: str, /, *, rules: tuple[Schema, ...] = (), **values: Value | Block) -> Block:
    """Values that belong together, by their names."""
    return Block(meaning, values, rules)


def whole(minimum: int, maximum: int) -> Schema:
    """A whole number within bounds."""
    return {"type": "integer", "minimum": minimum, "maximum": maximum}


def one_of(*words: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(words)}


def or_null(needs: Schema) -> Schema:
    """The same, or null: derived, or left out."""
    schema = dict(needs)
    schema["type"] = [needs["type"], "null"]
    if "enum" in needs:
        schema["enum"] = [*needs["enum"], None]
    return schema


def list_of(items: Schema) -> Schema:
    """A list of these."""
    return {"type": "array", "items": items}


def kubernetes(kind: str) -> Schema:
    """What Kubernetes itself takes in this place, unknown fields refused."""
    return {"$ref": f"#/definitions/{kind}"}


def kubernetes_object(kind: str) -> Schema:
    """The same where nothing at all is an empty object, and not null."""
    return {"type": "object", "allOf": [kubernetes(kind)]}


def when(name: str, then: Schema) -> Schema:
    """A rule for a block: `then` holds where the flag `name` is true."""
    return {"if": on(name), "then": then}


def excludes(given: Schema, *path: str, off: Schema) -> Schema:
    """A rule for a block: where `given` holds, the value at this path is off; named by its path."""
    for name in reversed(path):
        off = {"properties": {name: off}}
    return {"if": given, "then": off}


def requires(given: Schema, *path: str) -> Schema:
    """A rule for a block: where `given` holds, the flag at this path is true."""
    return excludes(given, *path, off={"const": True})


def on(*path: str) -> Schema:
    """The flag at this path is true."""
    return _there({"const": True}, path)


def filled(*path: str) -> Schema:
    """The text at this path is not empty."""
    return _there({"minLength": 1}, path)


def _there(schema: Schema, path: tuple[str, ...]) -> Schema:
    for name in reversed(path):
        schema = {"properties": {name: schema}, "required": [name]}
    return schema


def leaves(block: Block, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Value]]:
    """Every value below a block with the names that lead to it, in their order."""
    for name, found in block.values.items():
        if isinstance(found, Block):
            yield from leaves(found, (*path, name))
        else:
            yield (*path, name), found
