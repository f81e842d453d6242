"""The block `config`: every setting of the program that is no secret and no file, as it is there.

Names, defaults, bounds and meanings come from `service.app.settings`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from charts.sources.values.describe import Block, Schema, Value, or_null
from service.app.settings import Settings
from service.app.values import LONGEST_DELAY_SECONDS

ELSEWHERE = {
    ("amqp", "url"): "secrets",
    ("amqp", "ca_file"): "tls.amqp",
    ("amqp", "cert_file"): "tls.amqp",
    ("amqp", "key_file"): "tls.amqp",
    ("api", "key"): "secrets",
    ("api", "ca_file"): "tls.api",
    # A login of a person's, for `doctor`: no pod needs it.
    ("management", "url"): "extraEnv",
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
    ("traces", "endpoint"): {"pattern": r"^https?://[^/?@#\s]+(/[^?@#\s]*)?$"},
    # A probe needs a port that is known.
    ("admin", "port"): {"minimum": 1},
}

_OTHER_MEANING: Mapping[tuple[str, ...], str] = {
    ("amqp", "topology"): "declare what is missing, or check only; null: check where `topology` "
    "gives it another owner, else declare",
    ("amqp", "prefetch"): "deliveries held; null: derived from the concurrency and the rate",
    ("api", "url"): "the order API; plain http only to a loopback address or with allowHttp",
    ("api", "rate_per_second"): "budget of the key over all replicas; null: none",
    ("admin", "port"): "its port",
    ("traces", "endpoint"): "where spans are sent, OTLP over HTTP; without a path /v1/traces is "
    "added. It needs an image with the extra `otel`, and a way out in networkPolicy.extraEgress. "
    "null: no traces",
}

_EXAMPLES: Mapping[tuple[str, ...], tuple[Any, ...]] = {
    ("amqp", "prefetch"): (128,),
    ("amqp", "namespace"): ("shop",),
    ("api", "rate_per_second"): (50, 0.5),
    ("retry", "delays_seconds"): ([5, 60, 600],),
    ("traces", "endpoint"): ("http://collector.monitoring:4318",),
}

_ABOUT = {
    "amqp": "The broker; its URL is a secret.",
    "api": "The order API; its key is a secret.",
    "retry": "How long an order is tried.",
    "admin": "Where metrics and health are served.",
    "log": "What is logged, and how.",
    "traces": "Traces by OpenTelemetry; its own variables OTEL_* go into extraEnv.",
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
            if all((*here, inner) in ELSEWHERE for inner in kind.model_fields):
                continue
            values[to_camel(name)] = Block(_ABOUT[name], _block(kind, here))
        elif here not in ELSEWHERE:
            values[to_camel(name)] = _value(info, here)
    return values


def _value(info: FieldInfo, path: tuple[str, ...]) -> Value:
    needs = {**_needs(info), **_MORE.get(path, {})}
    default = info.get_default(call_default_factory=False)
    if path == ("amqp", "topology"):
        needs, default = dict(or_null(needs)), None
    words = _OTHER_MEANING.get(path, info.description or "")
    meaning = f"{words[:1].upper()}{words[1:]}."
    shown = list(default) if isinstance(default, tuple) else default
    return Value(meaning, shown, needs, _EXAMPLES.get(path, ()))


def _needs(info: FieldInfo) -> Schema:
    kind: Any = Annotated[info.annotation, info]
    found = TypeAdapter(kind).json_schema()
    (one,) = [part for part in found.get("anyOf", [found]) if part["type"] != "null"]
    kept = {name: rule for name, rule in one.items() if name not in ("default", "description")}
    return or_null(kept) if "anyOf" in found else kept
