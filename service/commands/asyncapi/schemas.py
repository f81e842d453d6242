"""JSON Schemas of the messages, from the types and the bounds of `service.core`.

What JSON Schema has no word for stays the relay's alone: a key that stands twice, `1000.0` in
place of `1000`, a deadline that is over. The vectors have an example of each.
"""

from collections.abc import Iterable
from typing import Any, get_type_hints, is_typeddict

from pydantic import BaseModel, ConfigDict, create_model

from service.core.codes import Status
from service.core.order import (
    FIELD_ORDER,
    MAX_FIELDS,
    MAX_TEXT_CHARACTERS,
    NAME,
    RESERVED,
    Fields,
)
from service.core.reply import APP_ID, TRACEPARENT, TYPE, ReplyBody
from service.core.request import DEADLINE, LATEST_EPOCH_SECONDS, MAX_MESSAGE_ID_CHARACTERS
from service.edges.telemetry.catalogue import CODES_BY_STATUS

Schema = dict[str, Any]

NO_CONTROL = r"^[^\x00-\x1f\x7f]*$"
WEB_LINK = r"^[Hh][Tt][Tt][Pp][Ss]?://[^\x00-\x20\x7f/?#]+[^\x00-\x20\x7f]*$"
JSON_TYPE = r"^\s*application/json\s*(;.*)?$"


def order() -> Schema:
    """The body of a request."""
    known: Schema = Fields.model_json_schema()["properties"]
    for name, field in known.items():
        _bare(field)
        if field["type"] == "string":
            field["pattern"] = WEB_LINK if name == "link" else NO_CONTROL
    taken = _in_any_case({*RESERVED, *FIELD_ORDER})
    return {
        "type": "object",
        "properties": known,
        "required": [name for name, field in Fields.model_fields.items() if field.is_required()],
        "anyOf": [{"required": ["link"]}, {"required": ["username"]}],
        "maxProperties": MAX_FIELDS,
        "propertyNames": {
            "anyOf": [
                {"enum": list(FIELD_ORDER)},
                {"pattern": f"^{NAME.pattern}$", "not": {"pattern": f"^({taken})$"}},
            ]
        },
        "additionalProperties": {
            "type": ["string", "number", "boolean"],
            "maxLength": MAX_TEXT_CHARACTERS,
            "pattern": r"^[^\x00]*$",
        },
    }


def order_properties() -> Schema:
    """The AMQP properties of a request that the relay reads."""
    return {
        "type": "object",
        "properties": {
            "message_id": {
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_MESSAGE_ID_CHARACTERS,
                "description": "The idempotency key: the same for repeats of the same order, and "
                "never used for another one.",
            },
            "reply_to": {
                "type": "string",
                "description": "The routing key of the reply on the exchange of the replies; no "
                "queue's name. Without it order.<status>.",
            },
            "correlation_id": {
                "type": "string",
                "description": "Comes back on the reply; without it the message_id does.",
            },
            "timestamp": {
                "type": "string",
                "format": "date-time",
                "description": "AMQP's timestamp, whole seconds: when the order is published.",
            },
            "content_type": {"type": "string", "pattern": JSON_TYPE},
            "content_encoding": {"enum": ["identity", "utf-8", "utf8"]},
        },
        "required": ["message_id"],
    }


def order_headers() -> Schema:
    """The headers of a request that the relay reads; any others are the producer's own."""
    return {
        "type": "object",
        "properties": {
            DEADLINE: {
                "type": "number",
                "minimum": 0,
                "maximum": LATEST_EPOCH_SECONDS,
                "description": "Epoch seconds, or an AMQP timestamp, for which JSON has no word; "
                "after it the order is not sent.",
            },
            TRACEPARENT: {"type": "string", "description": "W3C trace context."},
        },
    }


def reply(status: Status) -> Schema:
    """The body of a reply with this status."""
    whole = _model(ReplyBody).model_json_schema()
    error: Schema = whole.pop("$defs")["ErrorBody"]
    properties: Schema = whole["properties"]
    for each in (*properties.values(), *error["properties"].values()):
        _bare(each)
    for name in ("first_seen_at", "answered_at"):
        properties[name]["format"] = "date-time"
    properties["status"] = {"const": str(status)}
    kept, left = ("order", "error") if status is Status.ACCEPTED else ("error", "order")
    del properties[left]
    if kept == "error":
        error["properties"]["code"] = {"enum": sorted(CODES_BY_STATUS[status])}
        properties["error"] = _object(error["properties"], error["required"])
    else:
        properties[kept] = {"type": "string", "minLength": 1}
    return _object(properties, [*whole["required"], kept])


def reply_properties() -> Schema:
    """The AMQP properties of a reply."""
    text = {"type": "string"}
    return {
        "type": "object",
        "properties": {
            "message_id": text | {"description": "The request's."},
            "correlation_id": text | {"description": "The request's, else its message_id."},
            "content_type": {"const": "application/json"},
            "type": {"const": TYPE},
            "app_id": {"const": APP_ID},
            "timestamp": text | {"format": "date-time"},
        },
    }


def reply_headers() -> Schema:
    """The headers of a reply."""
    return {"type": "object", "properties": {TRACEPARENT: {"type": "string"}}}


def _model(kind: type) -> type[BaseModel]:
    """A TypedDict as a model: pydantic reads TypedDicts of the standard library from 3.12 on."""
    fields: dict[str, Any] = {}
    required: frozenset[str] = kind.__required_keys__  # type: ignore[attr-defined]
    for name, hint in get_type_hints(kind).items():
        plain = _model(hint) if is_typeddict(hint) else hint
        fields[name] = (plain, ... if name in required else None)
    made: type[BaseModel] = create_model(kind.__name__, __config__=ConfigDict(), **fields)
    return made


def _object(properties: Schema, required: Iterable[str]) -> Schema:
    # Other keys may come: a reader must not fail of them.
    return {"type": "object", "properties": properties, "required": list(required)}


def _bare(field: Schema) -> None:
    for name in ("title", "default"):
        field.pop(name, None)


def _in_any_case(names: Iterable[str]) -> str:
    return "|".join(
        "".join(f"[{letter.upper()}{letter}]" if letter.isalpha() else letter for letter in name)
        for name in sorted(names)
    )
