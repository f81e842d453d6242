"""Setting up the log: our lines and the libraries' are made in one place and look alike."""

import logging
import sys
import time
import traceback
from collections.abc import Callable
from enum import StrEnum
from typing import TextIO

from service.edges.telemetry.lines import EXCEPTION, ConsoleLines, Fields, Render, render_json
from service.edges.telemetry.redaction import Redactor, Secrets
from service.edges.telemetry.writer import LineWriter
from service.flow.events.declare import Level


class LogFormat(StrEnum):
    """How lines look; `auto` is `console` on a terminal and `json` elsewhere."""

    AUTO = "auto"
    JSON = "json"
    CONSOLE = "console"


FLOORS = {"aio_pika": logging.CRITICAL, "aiormq": logging.CRITICAL}
"""Libraries that are quieter than the rest: our own events say the same."""

FLOOR = logging.WARNING
"""The lowest level of all other libraries: below it they show frames and addresses."""


def configure_logging(
    level: Level,
    log_format: LogFormat,
    stream: TextIO | None = None,
    secrets: Secrets = (),
    dropped: Callable[[int], None] = lambda _: None,
) -> "Log":
    """Send every line of the process to `stream`, or to stdout if it is None; our own log.

    May be called again. `secrets` are masked in every line; `dropped` is told how many lines were
    dropped because nobody reads the log.
    """
    stream = stream if stream is not None else sys.stdout
    number = NUMBERS[level]
    lines = LineMaker(_renderer(log_format, stream), Redactor(secrets))
    log = Log(number, lines, LineWriter(stream, dropped))
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, ForeignHandler)]:
        root.removeHandler(handler)
    root.addHandler(ForeignHandler(log))
    root.setLevel(max(number, FLOOR))
    return log


class Log:
    """Writes lines of the level `lowest` and above; from any thread, and never raises."""

    def __init__(self, lowest: int, lines: "LineMaker", writer: LineWriter) -> None:
        self._lowest = lowest
        self._lines = lines
        self._writer = writer

    def is_enabled_for(self, number: int) -> bool:
        """Whether lines of this level are written."""
        return number >= self._lowest

    def write(self, level: str, event: str, fields: Fields) -> None:
        """Write a line, whatever its level; `exc_info` among the fields becomes a traceback."""
        self._writer.write(self._lines.line(level, event, fields))

    def log(self, number: int, event: str, **fields: object) -> None:
        """Write a line where its level is high enough."""
        if self.is_enabled_for(number):
            self.write(logging.getLevelName(number).lower(), event, fields)

    def info(self, event: str, **fields: object) -> None:
        """Write a line at the level info."""
        self.log(logging.INFO, event, **fields)

    def warning(self, event: str, **fields: object) -> None:
        """Write a line at the level warning."""
        self.log(logging.WARNING, event, **fields)

    def exception(self, event: str, **fields: object) -> None:
        """Write a line at the level error with the exception that is handled now."""
        self.log(logging.ERROR, event, **fields, exc_info=sys.exc_info())


class LineMaker:
    """Makes lines of values: masks, adds the time and the traceback, renders; never raises."""

    def __init__(self, render: Render, redactor: Redactor) -> None:
        self._render = render
        self._redactor = redactor
        self._second = (0, "")

    def line(self, level: str, event: str, fields: Fields) -> str:
        """The line; one without its values where they cannot be shown."""
        now = self._time()
        try:
            if "exc_info" in fields:
                fields = _with_traceback(fields)
            return self._render(now, level, event, fields, self._redactor.forms())
        except Exception as error:  # noqa: BLE001 - a log line must cost no order
            unshown: Fields = {"error": type(error).__name__}
            return self._render(now, "error", "a log line could not be shown", unshown, ())

    def _time(self) -> str:
        """Now, as `to_rfc3339` writes it; that function would take a third of a line's time."""
        second, rest = divmod(time.time_ns(), 1_000_000_000)
        known, text = self._second
        if second != known:
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            # One assignment: other threads log too, and must not pair one second with another.
            self._second = (second, text)
        return f"{text}.{rest // 1000:06d}Z"


class ForeignHandler(logging.Handler):
    """Passes what libraries log through the standard library on to `log`."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether its level is high enough, also where the library set its own level."""
        package = record.name.partition(".")[0]
        return record.levelno >= FLOORS.get(package, FLOOR)

    def emit(self, record: logging.LogRecord) -> None:
        """Log the record with its logger's name and its traceback; never raises."""
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001 - a wrong format string in a library is no fault of ours
            text = f"unreadable log record from {record.pathname}:{record.lineno}"
        failed = bool(record.exc_info and record.exc_info[0])
        more = {"exc_info": record.exc_info} if failed else {}
        level = min(record.levelno // 10 * 10, logging.CRITICAL)
        self._log.log(level, text, logger=record.name, **more)


def _with_traceback(fields: Fields) -> Fields:
    fields = dict(fields)
    exc_info = fields.pop("exc_info")
    if isinstance(exc_info, tuple) and isinstance(exc_info[1], BaseException):
        fields[EXCEPTION] = "".join(traceback.format_exception(exc_info[1])).rstrip("\n")
    return fields


def _renderer(log_format: LogFormat, stream: TextIO | None) -> Render:
    terminal = _is_terminal(stream)
    if log_format is LogFormat.JSON or (log_format is LogFormat.AUTO and not terminal):
        return render_json
    return ConsoleLines(colours=terminal)


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


NUMBERS = {
    Level.DEBUG: logging.DEBUG,
    Level.INFO: logging.INFO,
    Level.WARNING: logging.WARNING,
    Level.ERROR: logging.ERROR,
}
"""The standard library's numbers for our levels."""
