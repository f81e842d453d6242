"""An order: the rules for its fields, and the one form that is sent for it on every attempt.

The rules are those of the order API's documentation; the model is pydantic's, strict, so that
`"1000"`, `1000.0` and `true` are no integers.
"""

import hashlib
import re
from itertools import islice
from typing import Annotated, Any
from urllib.parse import quote_plus, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.functional_validators import AfterValidator
from pydantic_core import ErrorDetails, PydanticCustomError

from service.core.body import Fraction, short
from service.core.record import record

RESERVED = frozenset({"key", "action", "request_id"})
"""Parameters that are the relay's alone: a producer who could set them could order for others."""

REQUIRED = ("service", "quantity")
FIELD_ORDER = ("service", "link", "username", "quantity", "runs", "interval", "coupon")
_KNOWN = frozenset(FIELD_ORDER)

MAX_FIELDS = 100
"""More are not looked at: the loop stands still while an order is read."""
MAX_TEXT_CHARACTERS = 10_000
_TEXT_RULE = f"must be UTF-8 text of at most {MAX_TEXT_CHARACTERS} characters"
MOST_PROBLEMS = 20
"""More would not help a person, and the message would grow with the size of the input."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_MAX_INTEGER = 2**63 - 1


class InvalidOrderError(ValueError):
    """The order breaks a rule; the message names each field, what it was and what is allowed."""


@record(frozen=True, slots=True)
class Order:
    """A valid order as the form that is sent for it.

    `form` is application/x-www-form-urlencoded, without the account's key, and the same byte for
    byte for the same body and message id. `fingerprint` is its SHA-256 in hex.
    """

    form: bytes
    fingerprint: str


def _plain_text(value: str) -> str:
    if match := _CONTROL.search(value):
        raise PydanticCustomError(
            "plain_text", "must have no control characters", {"found": match.start()}
        )
    return value


def _web_link(value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in value
    except ValueError:
        usable = False
    if not usable:
        raise PydanticCustomError("web_link", "must be an http or https URL")
    return value


_Integer = Annotated[int, Field(ge=1, le=_MAX_INTEGER)]
_Text = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_plain_text)]


# Of no field's type, so that a null is refused, and never validated, because it is the default.
_ABSENT: Any = None


class Fields(BaseModel):
    """The documented parameters; the others are checked by `_other_problems`."""

    model_config = ConfigDict(strict=True)

    service: _Integer
    link: Annotated[_Text, AfterValidator(_web_link)] = _ABSENT
    username: _Text = _ABSENT
    quantity: _Integer
    runs: _Integer = _ABSENT
    interval: _Integer = _ABSENT
    coupon: _Text = _ABSENT


def build_order(values: dict[str, object], request_id: str) -> Order:
    """The order in a request's JSON object; InvalidOrderError with every problem in one message."""
    check_number(len(values))
    known = {name: values[name] for name in FIELD_ORDER if name in values}
    problems = _target_problems(values) + _other_problems(values)
    try:
        fields = Fields.model_validate(known)
    except ValidationError as error:
        problems = [_describe(detail) for detail in error.errors()] + problems
        raise InvalidOrderError("; ".join(problems[:MOST_PROBLEMS])) from None
    if problems:
        raise InvalidOrderError("; ".join(problems[:MOST_PROBLEMS]))
    # A name needs no encoding: it is one of ours, or of letters, digits, _ and - only.
    pairs = (f"{name}={text}" for name, text in _parameters(fields, values, request_id))
    form = "&".join(pairs).encode("ascii")
    return Order(form=form, fingerprint=hashlib.sha256(form).hexdigest())


def check_number(fields: int) -> None:
    """InvalidOrderError where an order has too many fields."""
    if fields > MAX_FIELDS:
        raise InvalidOrderError(f"the order has {fields} fields; at most {MAX_FIELDS} are allowed")


def _parameters(
    fields: Fields, values: dict[str, object], request_id: str
) -> list[tuple[str, str]]:
    """Fixed order, whatever order the keys arrived in: a retry must send the same bytes."""
    known = [(name, getattr(fields, name)) for name in FIELD_ORDER]
    others = [(name, values[name]) for name in sorted(values.keys() - _KNOWN)]
    return [
        ("action", "add"),
        *((name, _encoded(value)) for name, value in known if value is not None),
        *((name, _encoded(value)) for name, value in others),
        ("request_id", quote_plus(request_id)),
    ]


def _encoded(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case _:
            return quote_plus(str(value))


def _target_problems(values: dict[str, object]) -> list[str]:
    if "link" in values or "username" in values:
        return []
    return ["link: is missing; a link or a username is needed"]


def _other_problems(values: dict[str, object]) -> list[str]:
    names = sorted(values.keys() - _KNOWN)
    problems = (_other_problem(name, values[name]) for name in names)
    # What is not told is not put into words.
    return list(islice((each for each in problems if each is not None), MOST_PROBLEMS))


def _other_problem(name: str, value: object) -> str | None:
    # Lower case, too: a form reader that folds case would take `Key` for the account's key.
    if name.lower() in RESERVED:
        return f"{name}: is reserved for the relay; leave it out"
    # Refused, because a form reader that folds case would see the field twice.
    if name.lower() in FIELD_ORDER:
        return f"{name}: is not known; did you mean {name.lower()}?"
    # Some form readers take `key[]` for `key`, or `request.id` for `request_id`.
    if not NAME.fullmatch(name):
        return f"{short(name)}: names are letters, digits, _ and -, at most 64 of them"
    match value:
        case str():
            if len(value) > MAX_TEXT_CHARACTERS or re.search(r"[\x00\ud800-\udfff]", value):
                return f"{name}: was {short(value)}; {_TEXT_RULE}"
            return None
        case int() | Fraction():
            return None
        case _:
            return f"{name}: was {short(value)}; must be a string, a number or a boolean"


_ALLOWED = {
    "missing": "is missing",
    "int_type": "must be a JSON integer",
    "string_type": "must be a JSON string",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
}


def _describe(detail: ErrorDetails) -> str:
    name = str(detail["loc"][0])
    allowed = _ALLOWED.get(detail["type"], detail["msg"]).format(**detail.get("ctx", {}))
    if detail["type"] == "missing":
        return f"{name}: {allowed}"
    if detail["input"] is None and name not in REQUIRED:
        return f"{name}: was null; leave it out"
    return f"{name}: was {short(detail['input'])}; {allowed}"
