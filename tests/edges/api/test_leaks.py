"""The key never gets out: not in a log line, a traceback or a repr, nor as the API repeats it."""

import asyncio
import json
import logging
import traceback
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.outcome import Answered, Lost, NotSent
from service.edges.api.key import FixedKey
from service.edges.api.redaction import redact
from tests.edges.api.clients import ANSWER, FORM, KEY, SHORT_SECONDS, against, order_api
from tests.edges.api.server import BOUND_SECONDS, Behaviour, Peer, always, answer, once, serving

ECHO = KEY.encode()


def assert_hidden(text: str) -> None:
    """No form of the key is in `text`."""
    for form in (KEY, quote(KEY), quote_plus(KEY), json.dumps(KEY)[1:-1], repr(KEY)[1:-1]):
        assert form not in text


async def stalling(peer: Peer) -> None:
    """Repeat the key, and then say no more."""
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\nX-Echo: " + ECHO + b"\r\nContent-Length: 9\r\n\r\n{")
    await peer.hung_up()


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(always(answer(ANSWER, "200 " + KEY, [b"X-Echo: " + ECHO])), id="answered"),
        pytest.param(always(answer(ECHO, "302 Found", [b"Location: /" + ECHO])), id="redirected"),
        pytest.param(once(b"HTTP/1.1 200 OK\r\nX " + ECHO + b"\r\n\r\n"), id="garbage header"),
        pytest.param(once(ECHO + b"\r\n\r\n"), id="garbage"),
        pytest.param(stalling, id="stalled"),
    ],
)
async def test_the_libraries_log_no_key(
    behaviour: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    """With every logger at DEBUG, an API that repeats the key everywhere gets it into no line."""
    caplog.set_level(logging.DEBUG)
    async with serving(behaviour) as server:
        # The key is in the URL too: some panels take it there.
        url = f"http://user:{quote(KEY, safe='')}@127.0.0.1:{server.port}/?key={quote_plus(KEY)}"
        async with order_api(url, timeout_seconds=SHORT_SECONDS) as api:
            result = await api.submit(FORM)
    assert_hidden(caplog.text)
    assert_hidden(repr(result))


async def test_a_failed_connection_logs_no_key(caplog: pytest.LogCaptureFixture) -> None:
    """Nor does its result show what the URL hides."""
    caplog.set_level(logging.DEBUG)
    async with order_api(f"http://user:{quote(KEY, safe='')}@127.0.0.1:1/") as api:
        result = await api.submit(FORM)
    assert isinstance(result, NotSent)
    assert_hidden(repr(result))
    assert_hidden(caplog.text)


async def test_the_loop_in_debug_mode_logs_no_key(caplog: pytest.LogCaptureFixture) -> None:
    """asyncio's own debug lines show no order."""
    caplog.set_level(logging.DEBUG)
    loop = asyncio.get_running_loop()
    loop.slow_callback_duration = 0.0
    loop.set_debug(True)
    async with against(always(answer(ANSWER))) as (_, api):
        assert await api.submit(FORM) == Answered(200, ANSWER)
    loop.set_debug(False)
    assert "asyncio" in caplog.text
    assert_hidden(caplog.text)


@pytest.mark.parametrize("size", [len(FORM), 16 * 1024 * 1024], ids=["reading", "writing"])
async def test_a_cancelled_order_has_no_key_in_its_traceback(size: int) -> None:
    """Not even a traceback that prints the locals of every frame shows the key."""
    arrived = asyncio.Event()

    async def behave(peer: Peer) -> None:
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        arrived.set()
        await asyncio.Event().wait()

    async with against(behave) as (_, api):
        order = asyncio.create_task(api.submit(FORM.ljust(size, b"x")))
        await asyncio.wait_for(arrived.wait(), BOUND_SECONDS)
        order.cancel()
        with pytest.raises(asyncio.CancelledError) as raised:
            await order
    shown = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    assert_hidden("".join(shown.format()))


def test_the_edge_shows_no_key() -> None:
    """Neither does the repr of the edge, nor that of its parts."""
    api = order_api("http://127.0.0.1/", key=FixedKey(KEY))
    assert_hidden(repr(api))
    assert_hidden(repr(vars(api)))


async def test_a_lost_order_shows_no_key() -> None:
    """A result's repr is what people log."""
    async with against(once(ECHO)) as (_, api):
        result = await api.submit(FORM)
    assert isinstance(result, Lost)
    assert_hidden(repr(result))


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
    async with against(always(reply)) as (_, api):
        result = await api.submit(FORM)
    assert result == Answered(429, b'{"error": "bad key ***"}', "***")
