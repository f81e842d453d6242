"""The last defence against secrets in log lines: known ones are replaced wherever they are.

A secret is also found percent-encoded, as in URLs and forms, escaped, as in quoted texts, in
base64, as in headers, and in hex. Not found is what is split, or encoded together with others.
"""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus

MASK = "***"

SHORTEST_SECRET = 4
"""Shorter secrets are not masked: one letter masked everywhere would make the log unreadable."""

Secrets = Iterable[str] | Callable[[], Iterable[str]]


class Redactor:
    """Masks `secrets`; a callable is called for every line, because keys change at run time."""

    def __init__(self, secrets: Secrets = ()) -> None:
        if callable(secrets):
            self._current = secrets
        else:
            known = tuple(secrets)
            self._current = lambda: known
        self._seen: tuple[str, ...] = ()
        self._forms: tuple[str, ...] = ()

    def forms(self) -> tuple[str, ...]:
        """Every spelling of the present secrets, longest first."""
        current = tuple(self._current())
        if current != self._seen:
            spelt = {form for secret in current for form in _spellings(secret)}
            # Longest first: a secret that begins with another must not leave its end behind.
            self._forms = tuple(sorted(spelt, key=lambda form: (-len(form), form)))
            self._seen = current
        return self._forms


def masked(text: str, forms: tuple[str, ...]) -> str:
    """`text` with every one of `forms` replaced."""
    for form in forms:
        if form in text:
            text = text.replace(form, MASK)
    return text


def _spellings(secret: str) -> set[str]:
    if len(secret) < SHORTEST_SECRET:
        return set()
    escaped = {
        quote(secret, errors="replace"),
        quote(secret, safe="", errors="replace"),
        quote_plus(secret, errors="replace"),
    }
    raw = secret.encode(errors="replace")
    encoded = b64encode(raw).decode().rstrip("=")
    return {
        secret,
        *escaped,
        *(re.sub("%..", lambda code: code[0].lower(), text) for text in escaped),
        encoded,
        encoded.translate(str.maketrans("+/", "-_")),
        raw.hex(),
        raw.hex().upper(),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
    }
