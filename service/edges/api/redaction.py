"""Removes the account's key from what the API sends back, however it is written there."""

import re
from functools import lru_cache

from service.core.outcome import Answered

MASK = b"***"


def without_key(answer: Answered, key: str) -> Answered:
    """The same answer with every occurrence of `key` as `***`."""
    retry_after, date = _redacted(answer.retry_after, key), _redacted(answer.date, key)
    return Answered(answer.status, redact(answer.body, key), retry_after, date)


def redact(text: bytes, key: str) -> bytes:
    """`text` with `***` for `key`: raw, URL-encoded, JSON-escaped, or a mixture of these."""
    return _pattern(key).sub(MASK, text)


def _redacted(text: str | None, key: str) -> str | None:
    return None if text is None else redact(text.encode(), key).decode()


@lru_cache(maxsize=2)
def _pattern(key: str) -> re.Pattern[bytes]:
    return re.compile(b"".join(map(_any_form, key)))


def _any_form(character: str) -> bytes:
    raw = character.encode()
    forms = [_hex_any_case(b"".join(b"%%%02x" % byte for byte in raw))]
    units = character.encode("utf-16-be")
    pairs = [units[at : at + 2].hex().encode() for at in range(0, len(units), 2)]
    forms.append(_hex_any_case(rb"\\u" + rb"\\u".join(pairs)))
    if character in '"\\/':
        forms.append(re.escape(b"\\" + raw))
    if character == " ":
        forms.append(rb"\+")
    # Last: it is the beginning of the escaped form, of which the rest would remain.
    forms.append(re.escape(raw))
    return b"(?:" + b"|".join(forms) + b")"


def _hex_any_case(pattern: bytes) -> bytes:
    return b"(?i:" + pattern + b")"
