"""What the order API's JSON says: the order id, whether there is none, and the error's words."""

import json
from collections.abc import Mapping

from service.core.body import Fraction, nests_too_deeply

MAX_TEXT_CHARACTERS = 500
"""How much of the API's own words goes into a reply; a longer order id is none to anybody."""

_WORDS = ("error", "message", "errors", "detail")
_INNER_WORDS = ("message", "error", "errors", "detail", "msg", "title")
_MOST_INSIDE = 4

Body = Mapping[str, object]


def read_answer(content: bytes) -> Body | None:
    """The JSON object in an answer; None where there is none, or a result is there twice."""
    try:
        text = content.decode(json.detect_encoding(content), "surrogatepass")
        value = None if nests_too_deeply(text) else _DECODER.decode(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def order_id(value: object) -> str | None:
    """The order id that stands in `order`: a text that can be seen, or a number other than 0."""
    if is_nothing(value) or not (isinstance(value, str) or _is_number(value)):
        return None
    text = str(value)
    return text if len(text) <= MAX_TEXT_CHARACTERS and text == _utf8(text) else None


def is_nothing(value: object) -> bool:
    """Whether panels write `value` for "none": null, false, 0, or a text that cannot be seen."""
    if isinstance(value, str):
        return not any(each.isprintable() and not each.isspace() for each in value.strip())
    return value is None or value is False or (_is_number(value) and float(str(value)) == 0)


def has_error(body: Body) -> bool:
    """Whether `error` says that something is wrong."""
    error = body.get("error")
    return not (is_nothing(error) or error in ([], {}))


def words_of(body: Body) -> str | None:
    """The API's words on why there is no order, cut off; None where it has none.

    `error` comes first, but where it is only `true` or a number, words in the others are better.
    """
    texts = (_text(body.get(name)) for name in _WORDS)
    text = next(filter(None, texts), None)
    if text is None and has_error(body):
        text = _json(body["error"])
    return None if text is None else _utf8(text[:MAX_TEXT_CHARACTERS])


def _text(value: object, inside: int = _MOST_INSIDE) -> str | None:
    if isinstance(value, list):
        # Later ones would be cut off.
        parts = (_text_of_one(each, inside) for each in value[:MAX_TEXT_CHARACTERS])
        return "; ".join(filter(None, parts)) or None
    return _text_of_one(value, inside)


def _text_of_one(value: object, inside: int) -> str | None:
    match value:
        case str():
            return None if is_nothing(value) else value
        case dict() if value:
            names = _INNER_WORDS if inside else ()
            inner = (_text(value[name], inside - 1) for name in names if name in value)
            return next(filter(None, inner), None) or _json(value)
        case list() if value:
            return _json(value)
        case _:
            return None


def _json(value: object) -> str:
    return json.dumps(value, default=lambda number: float(str(number)))


def _is_number(value: object) -> bool:
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


def _utf8(text: str) -> str:
    # Lone surrogates would make the reply unreadable to strict JSON parsers.
    return text.encode("utf-8", "replace").decode("utf-8")


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    # The last one would win, but the first one may be the true one: two results are none.
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        if names.count("order") > 1 or names.count("error") > 1:
            raise ValueError("a result is there twice")
    return values


# Numbers stay as they are written: an order id of 1.50 is not 1.5.
_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_float=Fraction)
