"""Reading a request body: strict JSON (RFC 8259) in UTF-8, one flat object, no key twice."""

import json
import re
from array import array
from itertools import accumulate
from typing import Never

from service.core.record import record

MAX_BODY_BYTES = 64 * 1024
MAX_SHOWN_CHARACTERS = 60
MAX_NUMBER_CHARACTERS = 40
"""Longer literals are refused: int() is quadratic in the digits, and no order needs them."""
MAX_DEPTH = 500
"""Deeper texts are not parsed: how deep json can go, each version of Python decides otherwise."""

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BRACKETS = b"[{]}"
_STEPS = bytes.maketrans(_BRACKETS, array("b", [1, 1, -1, -1]).tobytes())
_ELSE = bytes(byte for byte in range(256) if byte not in _BRACKETS)


class UnreadableBodyError(ValueError):
    """The body is no JSON object."""


@record(frozen=True, slots=True)
class Fraction:
    """A JSON number with a fraction or an exponent, kept as it was written.

    A float would send `0.1000000000000000055` for `0.1`, and would make `1000.0` look whole.
    """

    literal: str

    def __str__(self) -> str:
        return self.literal


def read_object(body: bytes) -> dict[str, object]:
    """The JSON object in `body`: str, int, bool, None, `Fraction`, lists and dicts.

    Raises UnreadableBodyError with what is wrong, where, and what would be right.
    """
    if not body:
        raise UnreadableBodyError("the body is empty; a JSON object is needed")
    if len(body) > MAX_BODY_BYTES:
        raise too_large(len(body))
    value = _parse(_decode(body))
    if not isinstance(value, dict):
        raise UnreadableBodyError(f"the body is {_kind(value)}; a JSON object is needed")
    return value


def too_large(size_bytes: int) -> UnreadableBodyError:
    """What is wrong with a body of more than MAX_BODY_BYTES."""
    return UnreadableBodyError(
        f"the body has {size_bytes} bytes; at most {MAX_BODY_BYTES} are allowed"
    )


def flat_fields(body: bytes) -> int:
    """How many fields a flat JSON object has, without parsing it; 0 where it is none, or nests."""
    outside = _STRING.sub(b"", body).strip()
    one = outside[:1] == b"{" and outside[-1:] == b"}" and outside.count(b"{") == 1
    fields = outside.count(b":")
    return fields if one and b"[" not in outside and outside.count(b",") == fields - 1 else 0


def nests_too_deeply(text: str) -> bool:
    """Whether arrays and objects lie inside one another more than MAX_DEPTH deep in JSON."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    outside = _STRING.sub(b"", text.encode("utf-8", "surrogatepass"))
    # As bytes, and not one by one: the loop stands still meanwhile.
    steps = array("b", outside.translate(_STEPS, _ELSE))
    return max(accumulate(steps), default=0) > MAX_DEPTH


def _decode(body: bytes) -> str:
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableBodyError("the body starts with a byte order mark; plain UTF-8 is needed")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableBodyError(
            f"the body is not UTF-8 (byte {error.start} is 0x{body[error.start]:02x})"
        ) from None


def _parse(text: str) -> object:
    if nests_too_deeply(text):
        raise UnreadableBodyError("the body is nested too deeply; a flat object is needed")
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise UnreadableBodyError(
            f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None


def _kind(value: object) -> str:
    match value:
        case list():
            return "a JSON array"
        case str():
            return "a JSON string"
        case None:
            return "null"
        case bool():
            return "a JSON boolean"
        case _:
            return "a JSON number"


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result: dict[str, object] = {}
    for key, value in pairs:
        # The last of two equal keys would win in silence, and another reader may take the first.
        if key in result:
            raise UnreadableBodyError(f"the body has the key {short(key)} twice")
        result[key] = value
    return result


def _number(literal: str) -> str:
    if len(literal) > MAX_NUMBER_CHARACTERS:
        raise UnreadableBodyError(
            f"the body has a number of {len(literal)} characters; "
            f"at most {MAX_NUMBER_CHARACTERS} are allowed"
        )
    return literal


def _integer(literal: str) -> int:
    return int(_number(literal))


def _fraction(literal: str) -> Fraction:
    if float(_number(literal)) in (float("inf"), float("-inf")):
        raise UnreadableBodyError(f"the body has the number {literal}, which is too large")
    return Fraction(literal)


def _constant(literal: str) -> Never:
    raise UnreadableBodyError(f"the body has {literal}, which is not JSON")


def short(value: object) -> str:
    """`value` as a person may read it in an error message: JSON-like, and not long."""
    if isinstance(value, str):
        value = value[: MAX_SHOWN_CHARACTERS + 1]
    text = value.literal if isinstance(value, Fraction) else json.dumps(value, default=str)
    return text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}..."


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs,
    parse_int=_integer,
    parse_float=_fraction,
    parse_constant=_constant,
)
