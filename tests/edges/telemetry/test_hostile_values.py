"""Values that would break a line, fake one, or speak to the terminal."""

import re
from pathlib import Path

import pytest

from service.edges.telemetry.logs import LogFormat
from tests.edges.telemetry.conftest import OpenLog
from tests.edges.telemetry.raising import fail

KEY = "a-key/that=opens nothing"

HOSTILE = {
    "new line": 'o-7\n{"level": "info", "event": "answered"}',
    "carriage return": "o-7\rdone",
    "ansi": "\x1b[2J\x1b]0;title\x07",
    "c1 control": "o-7\x9b31m\x85next",
    "nul and del": "\x00\x7f",
    "line separator": "o-7\u2028answered\u2029",
    "bidi override": "o-7\u202egnp.exe",
    "lone surrogate": "o-7\udc80\ud83d",
    "quotes": 'o-7" outcome="accepted',
    "spaces and equals": "o-7 outcome=accepted",
    "not ASCII": "заказ-7 ✓ 😀",
    "empty": "",
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_value_cannot_break_a_json_line(open_log: OpenLog, value: str) -> None:
    """The text, a field and a nested one stay on one line of ASCII, and every value comes back."""
    book = open_log()
    book.log.info(value, request_id=value, more={value: [value]})
    assert book.text.count("\n") == 1
    assert book.text[:-1].isascii()
    assert book.text[:-1].isprintable()
    (line,) = book.lines
    known = value.encode("utf-8", "backslashreplace").decode()
    assert line == {
        "level": "info",
        "event": known,
        "request_id": known,
        "more": {known: [known]},
    }


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_value_cannot_break_a_console_line(open_log: OpenLog, value: str) -> None:
    """Nothing but printable characters reaches the terminal, and no field can be faked."""
    book = open_log(log_format=LogFormat.CONSOLE)
    book.log.info("attempt", request_id=value, more={value: [value]}, outcome="unknown")
    assert book.text[:-1].isprintable()
    unquoted = re.sub(r'"(?:\\.|[^"\\])*"', '""', book.text)
    assert unquoted.count("outcome=") == 1


def test_a_hostile_event_text_is_escaped_on_the_console(open_log: OpenLog) -> None:
    """What a library says with a stranger's words in it reaches the terminal escaped."""
    book = open_log(log_format=LogFormat.CONSOLE, terminal=True)
    book.log.info("closed\x1b[2J\nby peer")
    assert "closed\\x1b[2J\\nby peer" in book.text


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_json_does_not_know_is_a_text(open_log: OpenLog, number: float) -> None:
    """NaN and the infinities never make a line unreadable."""
    book = open_log()
    book.log.info("limits", rate=number, more=[number])
    assert book.lines == [
        {"level": "info", "event": "limits", "rate": str(number), "more": [str(number)]}
    ]


def test_a_value_of_any_type_is_shown_as_text(open_log: OpenLog) -> None:
    """Bytes, paths and exceptions are written as Python shows them, sets as lists."""
    book = open_log()
    book.log.info("x", a=b"\xff", b=Path("key"), c=ValueError("no"), d={1}, e=None)
    assert book.lines == [
        {"level": "info", "event": "x", "a": "b'\\xff'", "b": "key", "c": "no", "d": [1], "e": None}
    ]


def test_a_field_cannot_take_the_place_of_the_level(open_log: OpenLog) -> None:
    """A field that is called as one of the first three keeps its value under another name."""
    book = open_log()
    book.log.info("x", level="error", time="never")
    assert '"level": "info"' in book.text
    assert '"level_": "error"' in book.text
    assert '"time_": "never"' in book.text


class Unshowable:
    """A value that cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError(KEY)


@pytest.mark.parametrize("log_format", [LogFormat.JSON, LogFormat.CONSOLE])
def test_a_line_that_cannot_be_made_says_so(open_log: OpenLog, log_format: LogFormat) -> None:
    """Logging never raises, and shows none of the values that it could not check."""
    book = open_log(log_format=log_format)
    book.log.info("attempt", request_id="o-7", value=Unshowable())
    assert "a log line could not be shown" in book.text
    assert "RuntimeError" in book.text
    assert KEY not in book.text
    assert book.text.count("\n") == 1


def test_a_traceback_on_the_console_cannot_pass_for_a_line(open_log: OpenLog) -> None:
    """Each of its lines begins with spaces and is printable, whatever the exception says."""
    book = open_log(log_format=LogFormat.CONSOLE)
    try:
        fail("gone\n2026-01-31T12:00:00Z info answered\x1b[2J")
    except ValueError:
        book.log.exception("unexpected error")
    first, *below = book.text[:-1].split("\n")
    assert first.endswith("unexpected error")
    assert all(line.startswith("    ") and line.isprintable() for line in below)
    assert "    2026-01-31T12:00:00Z info answered\\x1b[2J" in below
