"""A message as it is written in a file, as JSON: for `check-message`, `send` and the vectors.

`{"properties": {...}, "headers": {...}, "body": ...}`. A `body` that is a text is sent as it is,
any other as its JSON; `body_base64` is for bytes. `at` is when the relay gets it, instead of now.
Header values that JSON has no word for are written as `parked export` writes them.
"""

import base64
import difflib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from service.core.message import Message
from service.core.parked.writing import value_of
from service.core.record import record
from service.core.times import from_epoch_seconds, from_rfc3339


class UnreadableMessageError(ValueError):
    """It is not written as a message is; the text says what is wrong."""


@record(frozen=True, slots=True)
class Written:
    """A message, and what of it the relay does not see.

    `far_timestamp` has the seconds of a timestamp past the year 9999, which the relay reads as
    none; `at` is None where it means now.
    """

    message: Message
    far_timestamp: int | None = None
    expiration: str | None = None
    at: datetime | None = None


class _Properties(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    message_id: str | None = None
    correlation_id: str | None = None
    reply_to: str | None = None
    content_type: str | None = None
    content_encoding: str | None = None
    type: str | None = None
    app_id: str | None = None
    user_id: str | None = None
    timestamp: int | str | None = None
    expiration: str | None = None
    delivery_mode: int | None = None
    priority: int | None = None
    cluster_id: str | None = None


class _File(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    properties: _Properties = _Properties()
    headers: dict[str, JsonValue] = {}
    body: JsonValue = None
    body_base64: str | None = None
    at: str | None = None


def read_all(text: str) -> list[Written]:
    """The messages in a text: one JSON object, an array of them, or one a line.

    Raises UnreadableMessageError that says in which line, or which of them.
    """
    return [message for _, message in _numbered(text)]


def read_apart(text: str) -> list[Written]:
    """The same, for those that are told apart by their ids: none of them may occur twice."""
    places: dict[str | None, list[str]] = {}
    messages = list(_numbered(text))
    for place, each in messages:
        places.setdefault(each.message.message_id, []).append(place)
    for message_id, found in places.items():
        if message_id and len(found) > 1:
            raise UnreadableMessageError(f"{', '.join(found)}: the same message_id {message_id!r}")
    return [message for _, message in messages]


def _numbered(text: str) -> Iterator[tuple[str, Written]]:
    what, values = _values(text)
    if not values:
        raise UnreadableMessageError("there is no message in it")
    for number, value in values:
        try:
            yield f"{what} {number}", read(value)
        except UnreadableMessageError as error:
            raise UnreadableMessageError(f"{what} {number}: {error}") from None


def _values(text: str) -> tuple[str, list[tuple[int, object]]]:
    text = text.removeprefix("\ufeff")  # Some editors begin every file with it.
    try:
        whole = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        return "line", _lines(text, error)
    return "message", list(enumerate(whole if isinstance(whole, list) else [whole], 1))


def _lines(text: str, wrong: Exception) -> list[tuple[int, object]]:
    """A value a line; where the first line is none, the text is no JSON as `wrong` says."""
    values: list[tuple[int, object]] = []
    for number, line in enumerate(text.split("\n"), 1):
        try:
            if line.strip():
                values.append((number, json.loads(line)))
        except (json.JSONDecodeError, RecursionError) as error:
            raise (_not_json(number, error) if values else _not_json(1, wrong)) from None
    return values


def _not_json(number: int, error: Exception) -> UnreadableMessageError:
    why = str(error)
    if isinstance(error, json.JSONDecodeError):
        number, why = number + error.lineno - 1, f"{error.msg} (column {error.colno})"
    return UnreadableMessageError(f"line {number}: it is not JSON: {why}")


def read(value: object) -> Written:
    """The message that is written as `value`; UnreadableMessageError where none is."""
    if not isinstance(value, dict):
        raise UnreadableMessageError("it is no JSON object")
    try:
        file = _File.model_validate(value)
    except ValidationError as error:
        raise UnreadableMessageError(_describe(error.errors()[0])) from None
    with _naming("properties.timestamp"):
        seconds, moment = _timestamp(file.properties.timestamp)
    with _naming("headers"):
        # A broker ends the connection that brings it NaN or an infinite number.
        json.dumps(file.headers, allow_nan=False)
        headers = {name: value_of(each) for name, each in file.headers.items()}
    texts = file.properties.model_dump(
        exclude={"timestamp", "expiration", "delivery_mode", "priority", "cluster_id"}
    )
    message = Message(_body(file), timestamp=moment, headers=headers, **texts)
    with _naming("at"):
        at = None if file.at is None else from_rfc3339(file.at)
    return Written(message, seconds, file.properties.expiration, at)


@contextmanager
def _naming(part: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, ArithmeticError) as error:
        raise UnreadableMessageError(f"{part}: {error}") from None


def _timestamp(value: int | str | None) -> tuple[int | None, datetime | None]:
    match value:
        case None:
            return None, None
        case str():
            return None, from_rfc3339(value).replace(microsecond=0)
        case _ if value < 0:
            raise ValueError("was negative; AMQP has none before 1970")
        case _:
            try:
                return None, from_epoch_seconds(value)
            except ValueError:
                return value, None


def _body(file: _File) -> bytes:
    given = file.model_fields_set & {"body", "body_base64"}
    if len(given) != 1:
        raise UnreadableMessageError("it needs either body or body_base64")
    if file.body_base64 is not None:
        with _naming("body_base64"):
            return base64.b64decode(file.body_base64, validate=True)
    if isinstance(file.body, str):
        with _naming("body"):
            return file.body.encode()
    return json.dumps(file.body).encode("ascii")


def _describe(detail: ErrorDetails) -> str:
    names = [str(part) for part in detail["loc"] if part not in ("int", "str")]
    name = ".".join(names)
    if detail["type"] in ("dict_type", "model_type"):
        return f"{name}: must be a JSON object"
    if detail["type"] != "extra_forbidden":
        return f"{name}: {detail['msg'][0].lower()}{detail['msg'][1:]}"
    known = _Properties.model_fields if names[0] == "properties" else _File.model_fields
    # Other clients write messageId, or message-id.
    close = difflib.get_close_matches(names[-1].lower(), known, n=1, cutoff=0.6)
    return f"{name}: is not known; " + (
        f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
    )
