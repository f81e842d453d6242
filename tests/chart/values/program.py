"""The block `config`: every setting of the program that is no secret and no file, as it is there.

Names, defaults, bounds and meanings come from `service.app.settings`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from service.app.settings import LONGEST_DELAY_SECONDS, Settings
from tests.chart.values.describe import Block, Schema, Value, or_null

ELSEWHERE = {
    ("amqp", "url"): "secrets",
    ("amqp", "ca_file"): "tls.amqp",
    ("amqp", "cert_file"): "tls.amqp",
    ("amqp", "key_file"): "tls.amqp",
    ("api", "key"): "secrets",
    ("api", "ca_file"): "tls.api",
}
"""The settings that are not under `config`, and the block that they come from."""

# Rules that the settings state as code, as far as a schema can state them.
_MORE: Mapping[tuple[str, ...], Mapping[str, Any]] = {
    ("api", "url"): {"pattern": r"^https?://[^/@#\s]+(/[^@#\s]*)?$"},
    ("retry", "delays_seconds"): {
        "items": {"type": "integer", "minimum": 1, "maximum": LONGEST_DELAY_SECONDS},
        "minItems": 1,
        "uniqueItems": True,
    },
    # A probe needs a port that is known.
    ("admin", "port"): {"minimum": 1},
}

_OTHER_MEANING = {
    ("amqp", "topology"): "declare what is missing, or check only; null: check where `topology` "
    "gives it another owner, else declare",
    ("amqp", "prefetch"): "deliveries held; null: derived from the concurrency and the rate",
}

_EXAMPLES: Mapping[tuple[str, ...], tuple[Any, ...]] = {
    ("amqp", "prefetch"): (128,),
    ("amqp", "namespace"): ("shop",),
    ("api", "rate_per_second"): (50, 0.5),
    ("retry", "delays_seconds"): ([5, 60, 600],),
}

_ABOUT = {
    "amqp": "The broker; its URL is a secret.",
    "api": "The order API; its key is a secret.",
    "retry": "How long an order is tried.",
    "admin": "Where metrics and health are served.",
    "log": "What is logged, and how.",
}


def config() -> Block:
    """The block, as the settings are now."""
    return Block(
        "The settings of the program, in a ConfigMap; a change of them rolls the pods.",
        _block(Settings, ()),
    )


def _block(model: type[BaseModel], path: tuple[str, ...]) -> dict[str, Value | Block]:
    values: dict[str, Value | Block] = {}
    for name, info in model.model_fields.items():
        here = (*path, name)
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            values[to_camel(name)] = Block(_ABOUT[name], _block(kind, here))
        elif here not in ELSEWHERE:
            values[to_camel(name)] = _value(info, here)
    return values


def _value(info: FieldInfo, path: tuple[str, ...]) -> Value:
    needs = {**_needs(info), **_MORE.get(path, {})}
    default = info.get_default(call_default_factory=False)
    if path == ("amqp", "topology"):
        needs, default = dict(or_null(needs)), None
    meaning = _OTHER_MEANING.get(path, info.description or "")
    shown = list(default) if isinstance(default, tuple) else default
    return Value(meaning, shown, needs, _EXAMPLES.get(path, ()))


def _needs(info: FieldInfo) -> Schema:
    schema = TypeAdapter(Annotated[info.annotation, info]).json_schema()
    alternatives = schema.pop("anyOf", None)
    if alternatives:
        (one,) = (part for part in alternatives if part["type"] != "null")
        schema = or_null(one)
    return {name: rule for name, rule in schema.items() if name not in ("default", "description")}
