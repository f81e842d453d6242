"""What other libraries log through the standard library, and how little of it is shown."""

import logging

import pytest

from service.edges.telemetry.logs import ForeignHandler, LogFormat
from service.flow.events.declare import Level
from tests.edges.telemetry.conftest import OpenLog
from tests.edges.telemetry.raising import fail


def _foreign(name: str, level: int) -> None:
    logging.getLogger(name).log(level, "frame from %s", "10.0.0.7")


@pytest.mark.parametrize(
    "name", ["pamqp", "httpx2.client", "httpcore2.connection", "asyncio", "other"]
)
@pytest.mark.parametrize("level", [Level.DEBUG, Level.WARNING, Level.ERROR])
def test_libraries_are_heard_from_warning_on(open_log: OpenLog, name: str, level: Level) -> None:
    """Below it they show frames and addresses; above it our own level counts too."""
    book = open_log(level)
    for number in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        _foreign(name, number)
    expected = ["error"] if level is Level.ERROR else ["warning", "error"]
    assert [line["level"] for line in book.lines] == expected
    assert book.lines[0]["event"] == "frame from 10.0.0.7"
    assert book.lines[0]["logger"] == name


@pytest.mark.parametrize("name", ["aio_pika", "aio_pika.robust_connection", "aiormq.connection"])
def test_the_broker_libraries_are_all_but_silent(open_log: OpenLog, name: str) -> None:
    """Our own events say what they would say; only `critical` is let through."""
    book = open_log()
    logging.getLogger(name).setLevel(logging.DEBUG)
    for number in (logging.DEBUG, logging.ERROR, logging.CRITICAL):
        _foreign(name, number)
    logging.getLogger(name).setLevel(logging.NOTSET)
    assert [line["level"] for line in book.lines] == ["critical"]


@pytest.mark.parametrize("number", [35, 99])
def test_a_level_of_a_librarys_own_is_rounded_down(open_log: OpenLog, number: int) -> None:
    """A number between two levels, or beyond them, has the name of the one below."""
    book = open_log()
    _foreign("other", number)
    assert book.lines[0]["level"] == {35: "warning", 99: "critical"}[number]


def test_a_library_with_a_wrong_format_string_breaks_nothing(open_log: OpenLog) -> None:
    """The line says where the record was made."""
    book = open_log()
    record = logging.LogRecord("x", logging.ERROR, "x.py", 7, "%d of %d", ("x",), None)
    ForeignHandler(book.log).handle(record)
    assert book.lines[0]["event"] == "unreadable log record from x.py:7"


@pytest.mark.parametrize("log_format", [LogFormat.JSON, LogFormat.CONSOLE])
def test_a_librarys_exception_has_its_traceback(open_log: OpenLog, log_format: LogFormat) -> None:
    """Its lines go through the same formatter, tracebacks and all."""
    book = open_log(log_format=log_format)
    try:
        fail("task died")
    except ValueError:
        logging.getLogger("asyncio").exception("never retrieved")
    assert "never retrieved" in book.text
    assert "ValueError: task died" in book.text


def test_a_library_may_say_that_there_is_no_exception(open_log: OpenLog) -> None:
    """`exc_info` outside of an exception adds no traceback."""
    book = open_log()
    logging.getLogger("other").error("closed", exc_info=(None, None, None))
    assert book.lines == [{"level": "error", "event": "closed", "logger": "other"}]
