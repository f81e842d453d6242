"""Telemetry: one event, one line and its records, whatever fails on the way."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from itertools import count
from typing import get_args

import pytest

from service.edges.telemetry.sink import Telemetry
from service.flow.events import Emit, Event
from service.flow.events.declare import Level
from service.flow.events.order import AttemptEnded
from service.flow.events.process import KeyReloaded, Stopped, Unexpected
from tests.edges.telemetry.conftest import OpenLog
from tests.edges.telemetry.example import Example
from tests.edges.telemetry.examples import EXAMPLES


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: repr(each.event))
def test_an_event_writes_its_line(open_log: OpenLog, example: Example) -> None:
    """Level and text are the event's, the fields those that have a value; some are only counted."""
    book = open_log()
    emit: Emit = Telemetry(book.log)
    emit(example.event)
    line = {"level": example.level, "event": example.text, **example.fields}
    assert book.lines == ([] if example.level is None else [line])


def test_no_field_of_an_event_takes_a_name_of_the_line() -> None:
    """No event has a field that is called as what every line begins with."""
    names = {each.name for kind in get_args(Event) for each in fields(kind)}
    assert not names & {"time", "level", "event", "logger", "exception"}


def test_events_below_the_level_are_recorded_but_not_written(open_log: OpenLog) -> None:
    """At `warning` an everyday event counts in silence, and a bad one is written."""
    book = open_log(Level.WARNING)
    recorded: list[Event] = []
    emit = Telemetry(book.log, recorded.append)
    emit(Stopped(0))
    emit(Stopped(1))
    assert recorded == [Stopped(0), Stopped(1)]
    assert [line["left"] for line in book.lines] == [1]


def test_every_recorder_hears_of_every_event(open_log: OpenLog) -> None:
    """A recorder that fails takes nothing from the others, nor from the line."""
    book = open_log()
    recorded: list[Event] = []

    def failing(event: Event) -> None:
        raise KeyError("o-7")

    Telemetry(book.log, failing, recorded.append)(KeyReloaded())
    assert recorded == [KeyReloaded()]
    assert [line["event"] for line in book.lines] == ["telemetry failed", "API key read again"]
    assert book.lines[0]["event_type"] == "KeyReloaded"
    assert "KeyError" in book.lines[0]["exception"]


def test_a_recorder_that_always_fails_is_reported_once_an_event_class(open_log: OpenLog) -> None:
    """The report of a defect does not flood the log."""
    book = open_log(Level.ERROR)

    def failing(event: Event) -> None:
        raise KeyError("o-7")

    emit = Telemetry(book.log, failing)
    for event in (KeyReloaded(), KeyReloaded(), Stopped(0)):
        emit(event)
    assert [line["event_type"] for line in book.lines] == ["KeyReloaded", "Stopped"]


def test_an_event_that_cannot_be_written_is_still_recorded(open_log: OpenLog) -> None:
    """A duration that is no number costs the line, not the order."""
    book = open_log()
    recorded: list[Event] = []
    event = AttemptEnded("o-7", 1, "unknown", None, None, "soon")  # type: ignore[arg-type]
    Telemetry(book.log, recorded.append)(event)
    assert recorded == [event]
    assert [line["event"] for line in book.lines] == ["telemetry failed"]


def test_a_line_names_its_trace_where_there_is_one(open_log: OpenLog) -> None:
    """At the end, and not on lines that belong to no order."""
    book = open_log()
    traces = iter(["0af7", None])
    emit = Telemetry(book.log, trace_id=lambda: next(traces))
    emit(Stopped(0))
    emit(KeyReloaded())
    assert [line.get("trace_id") for line in book.lines] == ["0af7", None]


def test_no_failure_is_lost_between_threads(open_log: OpenLog) -> None:
    """Events come from the thread that exports traces and the one that reads the key, too."""
    book = open_log(Level.INFO)
    now = count()
    emit = Telemetry(book.log, monotonic=lambda: float(next(now)))
    failures = [AttemptEnded(f"o-{n}", 1, "unknown", 500 + n % 97, None, 0.1) for n in range(8000)]
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(emit, failures))
    finally:
        sys.setswitchinterval(usual)
    emit(Stopped(0))
    told = [line for line in book.lines if line["event"] != "stopped"]
    assert "telemetry failed" not in {line["event"] for line in told}
    assert sum(line.get("repeated_times", 1) for line in told) == len(failures)


def test_an_unexpected_error_brings_its_traceback(open_log: OpenLog) -> None:
    """What is emitted while the exception is handled says where it came from."""
    book = open_log()

    def carry(order: str) -> None:
        raise LookupError("no rule for this")

    try:
        carry("the-body-of-a-stranger")
    except LookupError as error:
        Telemetry(book.log)(Unexpected("delivery", str(error)))
    (line,) = book.lines
    assert line["exception"].endswith("LookupError: no rule for this")
    assert "in carry" in line["exception"]
