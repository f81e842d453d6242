"""What a fault does to an answer on its way: decided here, carried out in `sending`."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import assert_never

from tests.world.standin.answers import Answer, error_answer, json_answer
from tests.world.standin.faults import (
    BrokenJson,
    Delay,
    Drip,
    EndlessJson,
    ErrorNamingKey,
    Fault,
    Forbidden,
    HangAfter,
    HangBefore,
    HugeJson,
    NotObject,
    OkWithError,
    OkWithNeither,
    OrderNotString,
    Redirect,
    ResetAfter,
    ResetBefore,
    Short,
    Status,
    Unauthorized,
)


@dataclass(frozen=True, slots=True)
class Whole:
    """The answer as it is."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing, until the client or the stand-in goes."""


@dataclass(frozen=True, slots=True)
class Reset:
    """A TCP RST."""


@dataclass(frozen=True, slots=True)
class CutShort:
    """The answer under a content-length that is `missing_bytes` too large, then a close."""

    answer: Answer
    missing_bytes: int


@dataclass(frozen=True, slots=True)
class ByteByByte:
    """The answer's body a byte at a time."""

    answer: Answer
    interval_seconds: float


@dataclass(frozen=True, slots=True)
class Endless:
    """Chunks of one JSON object up to `limit_bytes`, then a close without an end."""

    limit_bytes: int


Wire = Whole | Silence | Reset | CutShort | ByteByByte | Endless


def status_of(wire: Wire) -> int | None:
    """The status that a client reads, or None where it gets none."""
    match wire:
        case Whole(answer) | CutShort(answer) | ByteByByte(answer):
            return answer.status
        case Endless():
            return 200
        case Silence() | Reset():
            return None
        case _ as never:
            assert_never(never)


def places(fault: Fault) -> bool:
    """Whether the rules run as usual, with an order where they say so, before the fault shows."""
    match fault:
        case Delay() | HangAfter() | ResetAfter() | BrokenJson() | Short() | HugeJson():
            return True
        case EndlessJson() | Drip():
            return True
        case Status() | OkWithNeither() | NotObject() | OrderNotString():
            return fault.after
        case HangBefore() | ResetBefore() | Redirect() | OkWithError():
            return False
        case ErrorNamingKey() | Unauthorized() | Forbidden():
            return False
        case _ as never:
            assert_never(never)


def instead_of(fault: Fault, usual: Answer) -> Wire:
    """What goes over the wire for `fault` where `usual` would have been answered."""
    match fault:
        case Delay():
            return Whole(usual)
        case HangBefore() | HangAfter():
            return Silence()
        case ResetBefore() | ResetAfter():
            return Reset()
        case Short(missing_bytes=missing_bytes):
            return CutShort(usual, missing_bytes)
        case EndlessJson(limit_bytes=limit_bytes):
            return Endless(limit_bytes)
        case Drip(interval_seconds=interval_seconds):
            return ByteByByte(usual, interval_seconds)
        case BrokenJson():
            return Whole(Answer(usual.status, usual.body[: len(usual.body) // 2], usual.headers))
        case HugeJson(size_bytes=size_bytes):
            return Whole(_padded(usual, size_bytes))
        case _:
            return Whole(_other_answer(fault))


def _other_answer(
    fault: Status
    | Redirect
    | OkWithError
    | OkWithNeither
    | NotObject
    | OrderNotString
    | ErrorNamingKey
    | Unauthorized
    | Forbidden,
) -> Answer:
    match fault:
        case Status():
            return _status_answer(fault)
        case Redirect(location=location, status=status):
            return Answer(status, b"", (("Location", location),))
        case OkWithError(error=error):
            return error_answer(200, error)
        case OkWithNeither():
            return json_answer(200, {})
        case NotObject(value=value):
            return json_answer(200, value)
        case OrderNotString(value=value):
            return json_answer(200, {"order": value})
        case ErrorNamingKey(error=error):
            return error_answer(400, error)
        case Unauthorized():
            return error_answer(401, "Unauthorized")
        case Forbidden():
            return error_answer(403, "Forbidden")
        case _ as never:
            assert_never(never)


def _status_answer(fault: Status) -> Answer:
    headers = tuple(fault.headers.items())
    if fault.body is not None:
        return Answer(fault.status, fault.body.encode(), headers)
    known = fault.status in HTTPStatus.__members__.values()
    phrase = HTTPStatus(fault.status).phrase if known else f"Status {fault.status}"
    return error_answer(fault.status, phrase, *headers)


def _padded(usual: Answer, size_bytes: int) -> Answer:
    fields = {**json.loads(usual.body), "padding": ""}
    missing = max(0, size_bytes - len(json.dumps(fields)))
    return json_answer(usual.status, {**fields, "padding": "x" * missing})
