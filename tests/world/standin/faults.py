"""Every way in which the API can be told to misbehave: a closed sum type, readable from JSON.

"Placed" means that the rules ran as usual, with an order where they say so, before the answer
went wrong; a fault that does not place leaves no trace in the ledger.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, field_validator

MEBIBYTE = 1024 * 1024

Seconds = Annotated[float, Field(ge=0, le=3600)]


class _Fault(BaseModel):
    # An unknown parameter must fail: a misspelt one would make a test pass for another reason.
    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def places(self) -> bool:
        """Whether the rules run as usual before the fault shows."""
        return False


class _Placed(_Fault):
    @property
    def places(self) -> bool:
        return True


class Delay(_Placed):
    """Waits, then serves as usual, even where the client has gone by then."""

    fault: Literal["delay"] = "delay"
    seconds: Seconds


class HangBefore(_Fault):
    """Never answers; not placed."""

    fault: Literal["hang_before"] = "hang_before"


class HangAfter(_Placed):
    """Never answers; placed."""

    fault: Literal["hang_after"] = "hang_after"


class ResetBefore(_Fault):
    """Resets the connection (RST); not placed."""

    fault: Literal["reset_before"] = "reset_before"


class ResetAfter(_Placed):
    """Resets the connection (RST); placed."""

    fault: Literal["reset_after"] = "reset_after"


class Status(_Fault):
    """Answers any status; `body` None is `{"error": <the status's phrase>}`; `after` is placed."""

    fault: Literal["status"] = "status"
    status: Annotated[int, Field(ge=200, le=599)]
    headers: Mapping[str, str] = {}
    body: str | None = None
    after: bool = False

    @property
    def places(self) -> bool:
        """As asked for."""
        return self.after


class BrokenJson(_Placed):
    """The usual status with half of the usual body; placed."""

    fault: Literal["broken_json"] = "broken_json"


class Short(_Placed):
    """The usual answer, closed `missing_bytes` before its content-length; placed."""

    fault: Literal["short"] = "short"
    missing_bytes: Annotated[int, Field(ge=1)] = 16


class HugeJson(_Placed):
    """The usual answer inside a valid JSON object of `size_bytes`; placed."""

    fault: Literal["huge_json"] = "huge_json"
    size_bytes: Annotated[int, Field(ge=1024, le=64 * MEBIBYTE)] = 128 * 1024


class EndlessJson(_Placed):
    """A JSON object in chunks that has no end before `limit_bytes`, then a close; placed."""

    fault: Literal["endless_json"] = "endless_json"
    limit_bytes: Annotated[int, Field(ge=1, le=64 * MEBIBYTE)] = 64 * MEBIBYTE


class Drip(_Placed):
    """The usual answer, a byte at a time; placed."""

    fault: Literal["drip"] = "drip"
    interval_seconds: Seconds = 0.01


class Redirect(_Fault):
    """Sends the client elsewhere; not placed."""

    fault: Literal["redirect"] = "redirect"
    location: str = "/moved"
    status: Literal[301, 302, 303, 307, 308] = 302


class OkWithError(_Fault):
    """200 with an error in the body; not placed."""

    fault: Literal["ok_with_error"] = "ok_with_error"
    error: str = "Order refused"


class OkWithNeither(_Placed):
    """200 with `{}`; placed."""

    fault: Literal["ok_with_neither"] = "ok_with_neither"


class NotObject(_Placed):
    """200 with JSON that is no object; placed."""

    fault: Literal["not_object"] = "not_object"
    value: JsonValue = []

    @field_validator("value")
    @classmethod
    def _no_object(cls, value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            raise ValueError("must not be a JSON object")
        return value


class ErrorNamingKey(_Fault):
    """400 with an error about the account's key; not placed."""

    fault: Literal["error_naming_key"] = "error_naming_key"
    error: str = "Invalid API key"


class Unauthorized(_Fault):
    """401; not placed."""

    fault: Literal["unauthorized"] = "unauthorized"


Replacement = (
    Status | Redirect | OkWithError | OkWithNeither | NotObject | ErrorNamingKey | Unauthorized
)
"""What is answered whole, whatever the usual answer is."""

Fault = (
    Delay
    | HangBefore
    | HangAfter
    | ResetBefore
    | ResetAfter
    | BrokenJson
    | Short
    | HugeJson
    | EndlessJson
    | Drip
    | Replacement
)

FAULT: TypeAdapter[Fault] = TypeAdapter(Annotated[Fault, Field(discriminator="fault")])
"""Reads a fault from JSON-like data: `{"fault": <name>, ...parameters}`."""
