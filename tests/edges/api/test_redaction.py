"""The key in what the API sends back becomes `***`, however it is written there."""

import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.outcome import Answered
from service.edges.api.redaction import redact
from tests.edges.api.clients import FORM, KEY, order_api
from tests.edges.api.server import always, answer, serving

keys = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), min_size=8)


def lower_hex(text: str) -> str:
    """`%2F` as `%2f`, the rest as it was."""
    head, *others = text.split("%")
    return head + "".join("%" + other[:2].lower() + other[2:] for other in others)


FORMS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "quoted": quote,
    "quoted whole": lambda key: quote(key, safe=""),
    "quoted plus": quote_plus,
    "lower hex": lambda key: lower_hex(quote_plus(key)),
    "every byte quoted": lambda key: "".join(f"%{byte:02X}" for byte in key.encode()),
    "JSON": lambda key: json.dumps(key)[1:-1],
    "JSON, UTF-8": lambda key: json.dumps(key, ensure_ascii=False)[1:-1],
    "JSON, slashes escaped": lambda key: json.dumps(key)[1:-1].replace("/", r"\/"),
}


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=30, deadline=None)
@given(key=keys)
def test_every_form_of_every_key_is_hidden(form: str, key: str) -> None:
    """Raw, URL-encoded or JSON-escaped, whatever characters the key is made of."""
    written = FORMS[form](key).encode()
    assert redact(b'{"error": "' + written + b'"}', key) == b'{"error": "***"}'


def test_what_is_not_the_key_stays() -> None:
    """Other text is the API's own, byte for byte, be it text or not."""
    body = bytes(range(256)) + b"k3y/0f+the account" + b"%zz\\u12"
    assert redact(body, KEY) == body


def test_every_occurrence_is_hidden() -> None:
    """Not only the first one."""
    assert redact(f"{KEY} {quote_plus(KEY)} {KEY}{KEY}".encode(), KEY) == b"*** *** ******"


@pytest.mark.parametrize("form", FORMS)
async def test_an_answer_that_repeats_the_key_comes_back_without_it(form: str) -> None:
    """In the body as in Retry-After; the rest of the answer stays."""
    written = FORMS[form](KEY).encode()
    reply = answer(b'{"error": "bad key %b"}' % written, "429 No", [b"Retry-After: " + written])
    async with serving(always(reply)) as server, order_api(server.url) as api:
        result = await api.submit(FORM)
    assert result == Answered(429, b'{"error": "bad key ***"}', "***")
