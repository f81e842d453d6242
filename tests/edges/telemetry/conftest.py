"""Logs that a test can read, and a process that is left as it was found."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from service.edges.telemetry.logs import Log, LogFormat, configure_logging
from service.edges.telemetry.redaction import Secrets
from service.flow.events.declare import Level


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """True."""
        return True


class Logbook:
    """A configured log, and what was written to it."""

    def __init__(self, stream: io.StringIO, log: Log) -> None:
        self.stream = stream
        self.log = log

    @property
    def text(self) -> str:
        """All that was written."""
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every line, as JSON, without its time."""
        lines = [json.loads(line) for line in self.text.split("\n")[:-1]]
        for line in lines:
            del line["time"]
        return lines


OpenLog = Callable[..., Logbook]


@pytest.fixture
def open_log() -> Iterator[OpenLog]:
    """Configures the log onto a stream of the test's own."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)

    def opened(
        level: Level = Level.DEBUG,
        log_format: LogFormat = LogFormat.JSON,
        secrets: Secrets = (),
        *,
        terminal: bool = False,
    ) -> Logbook:
        stream = Terminal() if terminal else io.StringIO()
        return Logbook(stream, configure_logging(level, log_format, stream, secrets))

    yield opened
    root.setLevel(level)
    root.handlers[:] = handlers
