"""The log: its two formats, its levels, exceptions, streams that fail, and secrets."""

import json
import logging
import re
import sys
from collections.abc import Iterable
from typing import Any

import pytest

from service.edges.telemetry.logs import NUMBERS, LogFormat, configure_logging
from service.flow.events.declare import Level
from tests.edges.telemetry.conftest import OpenLog
from tests.edges.telemetry.raising import fail

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
KEY = "a-key/that=opens nothing"


def test_a_json_line_is_time_level_event_then_fields(open_log: OpenLog) -> None:
    """One object, in this order, with the time in UTC to the microsecond."""
    book = open_log()
    book.log.info("attempt", request_id="o-7", attempt=2, held=True, lag=0.5, more={"a": [1]})
    assert book.text.endswith("\n")
    line = json.loads(book.text)
    assert RFC3339.fullmatch(line.pop("time"))
    assert list(line.items()) == [
        ("level", "info"),
        ("event", "attempt"),
        ("request_id", "o-7"),
        ("attempt", 2),
        ("held", True),
        ("lag", 0.5),
        ("more", {"a": [1]}),
    ]
    assert book.text.startswith('{"time": ')


def test_a_console_line_is_for_people(open_log: OpenLog) -> None:
    """Time, level and text, then the fields, without colours where there is no terminal."""
    book = open_log(log_format=LogFormat.CONSOLE)
    book.log.warning("attempt", request_id="o-7", attempt=2, held=True, more={"a": [1]})
    time, rest = book.text.split(" ", 1)
    assert RFC3339.fullmatch(time)
    assert rest == 'warning  attempt request_id=o-7 attempt=2 held=true more="{\\"a\\": [1]}"\n'


@pytest.mark.parametrize(
    ("log_format", "terminal", "json_lines", "colours"),
    [
        (LogFormat.AUTO, True, False, True),
        (LogFormat.AUTO, False, True, False),
        (LogFormat.JSON, True, True, False),
        (LogFormat.CONSOLE, True, False, True),
        (LogFormat.CONSOLE, False, False, False),
    ],
)
def test_the_format_follows_the_setting_and_the_terminal(
    open_log: OpenLog, log_format: LogFormat, *, terminal: bool, json_lines: bool, colours: bool
) -> None:
    """`auto` is for people on a terminal only, and so are colours."""
    book = open_log(log_format=log_format, terminal=terminal)
    book.log.info("started")
    assert book.text.startswith("{") is json_lines
    assert ("\x1b[" in book.text) is colours


@pytest.mark.parametrize("level", Level)
def test_nothing_below_the_level_is_written(open_log: OpenLog, level: Level) -> None:
    """Each level lets itself through and what is louder."""
    book = open_log(level)
    for each in Level:
        book.log.log(NUMBERS[each], "text")
    assert [line["level"] for line in book.lines] == list(Level)[list(Level).index(level) :]


def test_secrets_that_cannot_be_told_cost_the_values(open_log: OpenLog) -> None:
    """Where it is not known what to mask, nothing is shown."""

    def unreadable() -> Iterable[str]:
        raise OSError(KEY)

    book = open_log(secrets=unreadable)
    book.log.info("attempt", request_id="o-7")
    assert book.lines == [
        {"level": "error", "event": "a log line could not be shown", "error": "OSError"}
    ]


def test_an_exception_is_logged_without_its_locals(open_log: OpenLog) -> None:
    """The traceback names the lines of code and the error, and no values of variables."""
    book = open_log()
    try:
        fail("no rule")
    except ValueError:
        book.log.exception("unexpected error")
    (line,) = book.lines
    assert (line["level"], line["event"]) == ("error", "unexpected error")
    assert line["exception"].startswith("Traceback (most recent call last):\n")
    assert line["exception"].endswith("\nValueError: no rule")
    assert "only-a-local" not in line["exception"]


def test_setting_up_again_replaces_the_log(open_log: OpenLog) -> None:
    """A line of a library is written once, to the stream of the last call."""
    first, second = open_log(), open_log()
    logging.getLogger("other").error("closed")
    assert first.text == ""
    assert len(second.lines) == 1


def test_the_log_goes_to_stdout_by_default(
    open_log: OpenLog, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no stream is named, it is the process's standard output, as it is then."""
    open_log()
    configure_logging(Level.INFO, LogFormat.AUTO).info("started")
    assert json.loads(capsys.readouterr().out)["event"] == "started"


def test_a_process_without_stdout_logs_nothing(
    open_log: OpenLog,
) -> None:
    """Started with its output closed, the process runs all the same."""
    open_log()
    saved, sys.stdout = sys.stdout, None
    try:
        configure_logging(Level.INFO, LogFormat.AUTO).info("started")
    finally:
        sys.stdout = saved


def test_a_closed_stream_is_swallowed(open_log: OpenLog) -> None:
    """A stream that is closed already, or later, costs the lines alone."""
    book = open_log()
    book.stream.close()
    book.log.info("started")
    configure_logging(Level.INFO, LogFormat.AUTO, book.stream).info("started")


@pytest.mark.parametrize("log_format", [LogFormat.JSON, LogFormat.CONSOLE])
def test_secrets_are_masked_in_every_string(open_log: OpenLog, log_format: LogFormat) -> None:
    """Texts, fields, nested ones, names and tracebacks of ours and of libraries show no secret."""
    book = open_log(log_format=log_format, secrets=[KEY])
    text = f"sent {KEY}"
    nested: dict[str, Any] = {KEY: [KEY, {"url": f"https://x/?key={KEY}"}]}
    try:
        fail(f"refused {KEY}")
    except ValueError as error:
        book.log.exception(text, more=nested, error=error, raw=KEY.encode())
        logging.getLogger("httpx2.client").exception("posting %s", KEY)
    assert KEY not in book.text
    assert book.text.count("***") >= 8
