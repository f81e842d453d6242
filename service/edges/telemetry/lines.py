"""One log line as text: JSON for machines, `key=value` for people.

Values are untrusted (message ids, the API's words). Whatever they hold, a line stays one line, is
encodable, and sends only printable characters to a terminal.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from typing import Protocol

from service.edges.telemetry.redaction import MASK

Fields = dict[str, object]

EXCEPTION = "exception"
"""The field that holds a traceback, the only text of several lines."""

LONGEST_TEXT = 256
"""How long a text may be in a line, as JSON; strangers write most of them."""

_LONGEST_ID = 6 * 128
LONGEST = {"request_id": _LONGEST_ID, "last_request_id": _LONGEST_ID, EXCEPTION: 16 * 1024}
"""A usable message id is never cut: an order is looked for by it."""


class Render(Protocol):
    """Makes a line, without its end, in which each of `forms` is masked."""

    def __call__(
        self, time: str, level: str, event: str, fields: Fields, forms: tuple[str, ...], /
    ) -> str:
        """The line."""
        ...


def loggable(value: object, forms: tuple[str, ...], longest: int = LONGEST_TEXT) -> object:
    """`value` as JSON knows it: secrets masked, lone surrogates escaped, long texts cut off."""
    kind = type(value)
    if kind is str:
        return _text(value, forms, longest)  # type: ignore[arg-type]
    if kind is int or kind is bool or value is None:
        return value
    if isinstance(value, float):
        # NaN and the infinities are no JSON: one of them would make the line unreadable.
        return value if isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {
            str(loggable(str(key), forms)): loggable(each, forms) for key, each in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [loggable(each, forms) for each in value]
    return _text(str(value), forms, longest)


def render_json(time: str, level: str, event: str, fields: Fields, forms: tuple[str, ...]) -> str:
    """One JSON object in ASCII; a field never takes the place of the first three."""
    # Joined by hand: an encoder for the whole line takes as long as all the rest.
    parts = [f'{{"time": "{time}", "level": "{level}", "event": {_json(event, forms)}']
    for name, value in fields.items():
        parts.append(_key(name) + _json(value, forms, LONGEST.get(name, LONGEST_TEXT)))
    # DEL is not escaped so far; it can only be inside a string, where the escape is the same.
    return "".join((*parts, "}")).replace("\x7f", "\\u007f")


class ConsoleLines:
    """Lines for people: `time level event key=value ...`, a traceback indented below."""

    def __init__(self, *, colours: bool) -> None:
        self._colours = colours

    def __call__(
        self, time: str, level: str, event: str, fields: Fields, forms: tuple[str, ...]
    ) -> str:
        """The line; only a traceback makes it several, and those begin with spaces."""
        event = str(loggable(event, forms))
        shown = {
            name: loggable(value, forms, LONGEST.get(name, LONGEST_TEXT))
            for name, value in fields.items()
        }
        traceback = shown.pop(EXCEPTION, None)
        pairs = " ".join(self._pair(name, value) for name, value in shown.items())
        tint = _LEVEL_TINTS.get(level, _BOLD)
        words = (
            self._tinted(_FAINT, time),
            self._tinted(tint, f"{level:<8}"),
            self._tinted(_BOLD, printable(event)),
            pairs,
        )
        line = " ".join(words).rstrip()
        if traceback is None:
            return line
        # Without the indentation an exception's text could look like a line of ours.
        below = (f"    {printable(each)}" for each in str(traceback).split("\n"))
        return "\n".join((line, *below))

    def _pair(self, name: str, value: object) -> str:
        return f"{self._tinted(_FAINT, printable(name) + '=')}{_word(value)}"

    def _tinted(self, tint: str, text: str) -> str:
        return f"{tint}{text}{_PLAIN}" if self._colours else text


def printable(text: str) -> str:
    """`text` with all that is no printable character (controls, bidi marks, ...) escaped."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _json(value: object, forms: tuple[str, ...], longest: int = LONGEST_TEXT) -> str:
    if isinstance(value, str):
        # Also a word of an enumeration.
        return _quoted(_text(str(value), forms, longest))
    if value is True or value is False:
        return "true" if value else "false"
    return str(value) if type(value) is int else _encode(loggable(value, forms, longest))


@lru_cache(maxsize=256)
def _key(name: str) -> str:
    return f", {_quoted(f'{name}_' if name in _OURS else name)}: "


def _word(value: object) -> str:
    word = value if isinstance(value, str) else _encode(value)
    # Unquoted, a message id with a space could fake the fields that follow it.
    if not word or any(each in word for each in ' ="\\'):
        word = '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return printable(word)


def _text(text: str, forms: tuple[str, ...], longest: int) -> str:
    for form in forms:
        if form in text:
            text = text.replace(form, MASK)
    # Most texts: even with an escape for every other character they are short enough.
    if len(text) * 2 <= longest and text.isascii() and text.isprintable():
        return text
    if not text.isascii():
        # A lone surrogate is no Unicode text: many JSON readers refuse the whole line.
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    room = longest
    for at, each in enumerate(text):
        room -= len(_quoted(each)) - 2
        if room < 0:
            return f"{text[:at]}..."
    return text


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


_encode = json.JSONEncoder(allow_nan=False).encode
_quoted = json.encoder.encode_basestring_ascii
_OURS = ("time", "level", "event")

_PLAIN = "\x1b[0m"
_BOLD = "\x1b[1m"
_FAINT = "\x1b[2m"
_LEVEL_TINTS = {
    "debug": "\x1b[36m",
    "info": "\x1b[32m",
    "warning": "\x1b[33m",
    "error": "\x1b[31m",
    "critical": "\x1b[1;31m",
}
