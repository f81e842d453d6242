"""The settings, from their model: name, type, default, bounds, meaning."""

from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from docs.sources.reference.tables import table
from service.app.settings import Settings

_TOP = """# Settings

Environment variables, a file `.env` in the current folder, or files in the secrets directory that
are named like the setting without its prefix (`api__key`); the first of these wins. Values in
`.env` are taken as they are (no `${...}`), and an `.env` of another user is refused. A misspelt
name is an error; what Kubernetes adds for its Services is not. `order-relay config` shows what is
in effect and where it came from, secrets masked. This page is written from the program (`make
log-schema`).

"""
_BOTTOM = """
`ORDER_RELAY_SECRETS_DIR`, by default `/run/secrets/order-relay`, is the directory of secret files.
A key that is given as a file is read again when it changes.

**A broker's URL**: in user, password and vhost each of `@ / ? # [ ] \\ % ,` is written as its code
(`%40` for `@`); no query but `heartbeat=SECONDS`. The start warns of `amqp` to another host:
password and orders can be read on the way. [TLS](tls.md), [several brokers](several-brokers.md).

**The prefetch** begins with few, and follows what is in flight and a minute of the rate; one that
is set is kept ([capacity](capacity.md)). Without a rate, and where it is too high, it is learned
([limits](limits.md)).
"""


def page() -> str:
    """The whole text."""
    return _TOP + table(("variable", "type", "default", "meaning"), *_rows(Settings, "")) + _BOTTOM


def _rows(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _rows(inner, f"{name.upper()}__")
        else:
            variable = f"`ORDER_RELAY_{prefix}{name.upper()}`"
            yield variable, _type(field), _default(field), str(field.description)


_WORDS: dict[object, str] = {
    int: "whole number",
    float: "number",
    bool: "`true` or `false`",
    Path: "file",
}


def _type(field: FieldInfo) -> str:
    kinds = [kind for kind in map(_bare, _parts(field)) if kind is not NoneType]
    if all(isinstance(kind, str) for kind in kinds):
        return ", ".join(f"`{kind}`" for kind in kinds)
    if kinds[-1] is Ellipsis:
        return "whole numbers, separated by commas"
    return _WORDS.get(kinds[0], "text") + _bounds(field)


def _parts(field: FieldInfo) -> tuple[Any, ...]:
    """Of a union or a `Literal` its members, else the type itself."""
    return get_args(field.annotation) or (field.annotation,)


def _bare(kind: object) -> object:
    """A member without its `Annotated`."""
    return getattr(kind, "__origin__", kind)


def _bounds(field: FieldInfo) -> str:
    said = {
        name: value
        for each in _constraints(field)
        for name in ("ge", "gt", "le")
        if (value := getattr(each, name, None)) is not None
    }
    least = f"above {said['gt']}" if "gt" in said else f"{said.get('ge')}"
    return f", {least} to {said['le']}" if "le" in said else ""


def _constraints(field: FieldInfo) -> Iterator[object]:
    inner = (one for kind in _parts(field) for one in getattr(kind, "__metadata__", ()))
    for each in (*field.metadata, *inner):
        yield from getattr(each, "metadata", (each,))


def _default(field: FieldInfo) -> str:
    value = field.default
    if field.is_required():
        return "required"
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return f"`{','.join(map(str, value))}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value.get_secret_value() if isinstance(value, SecretStr) else value}`"
