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
    """Values that belong together; what ties them to each other is in `templates/_checks.tpl`."""

    meaning: str
    values: Mapping[str, "Value | Block"]


def block(meaning: str, /, **values: Value | Block) -> Block:
    """Values that belong together, by their names."""
    return Block(meaning, values)


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


def leaves(block: Block, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Value]]:
    """Every value below a block with the names that lead to it, in their order."""
    for name, found in block.values.items():
        if isinstance(found, Block):
            yield from leaves(found, (*path, name))
        else:
            yield (*path, name), found
