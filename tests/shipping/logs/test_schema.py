"""The log's page and schema are made of the events, and every line keeps to them."""

import json
from pathlib import Path
from typing import get_args

import pytest

from docs.sources.logs import as_schema
from docs.sources.logs.fields import kinds
from docs.sources.logs.generate import DOCS, files
from service.edges.telemetry.sampling import SAMPLED
from service.edges.telemetry.sink import Telemetry
from service.flow.events import Event
from service.flow.events.declare import Level
from service.flow.events.process import LoopLagged, Stopped
from tests.edges.telemetry.conftest import OpenLog
from tests.edges.telemetry.examples import EXAMPLES
from tests.shipping.logs.checking import problems
from tests.shipping.logs.fates import Recording

SCHEMA = as_schema.schema()
GOOD = {"time": "2026-01-31T12:00:00.000000Z", "level": "info", "event": "stopped", "left": 0}


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_a_file_is_up_to_date(path: Path) -> None:
    """Byte for byte; `python -m docs.sources.logs` writes it."""
    assert path.read_bytes() == files()[path].encode()


def test_every_event_that_is_written_has_its_kind_of_line() -> None:
    """One text for each class, and no text for two."""
    written = [kind for kind in get_args(Event) if kind.declared_level is not None]
    texts = [kind.text for kind in kinds()]
    assert len(texts) == len(set(texts)) == len(written) + len(SAMPLED) + 2
    assert {kind.text for kind in written} < set(texts)
    assert all(kind.levels and kind.when for kind in kinds())


def test_every_field_has_its_meaning() -> None:
    """It is declared with the field."""
    without = [
        (kind.text, each.name) for kind in kinds() for each in kind.fields if not each.meaning
    ]
    assert without == []


def test_a_line_of_every_event_fits(open_log: OpenLog) -> None:
    """As the sink writes it; some events write none."""
    book = open_log()
    emit = Telemetry(book.log)
    for example in EXAMPLES:
        emit(example.event)
    lines = [json.loads(text) for text in book.text.splitlines()]
    assert len(lines) == sum(example.level is not None for example in EXAMPLES)
    assert [problem for line in lines for problem in problems(line, SCHEMA)] == []


@pytest.mark.parametrize("kind", SAMPLED, ids=lambda kind: kind.__name__)
def test_a_count_of_every_kind_of_failure_fits(open_log: OpenLog, kind: type[Event]) -> None:
    """Also where its optional fields are absent."""
    book = open_log(Level.INFO)
    emit = Telemetry(book.log, monotonic=lambda: 0.0)
    shown = [each.event for each in EXAMPLES if isinstance(each.event, kind)]
    for event in [*shown, *shown, Stopped(0)]:
        emit(event)
    lines = [json.loads(text) for text in book.text.splitlines()]
    assert f"{kind.text}, repeated" in [line["event"] for line in lines]
    assert [problem for line in lines for problem in problems(line, SCHEMA)] == []


def test_a_line_of_a_library_fits(open_log: OpenLog) -> None:
    """And so does the one that tells of a defect."""

    def failing(_: Event) -> None:
        raise KeyError("o-7")

    book = open_log()
    Telemetry(book.log, failing)(LoopLagged(0.1))
    book.log.warning("asyncio says so", logger="asyncio")
    lines = [json.loads(text) for text in book.text.splitlines()]
    assert [line["event"] for line in lines] == ["telemetry failed", "asyncio says so"]
    assert [problem for line in lines for problem in problems(line, SCHEMA)] == []


def test_every_line_of_a_real_relay_fits(recordings: dict[str, Recording]) -> None:
    """All that it writes about every fate, at either level; and nothing else is written."""
    for recording in recordings.values():
        for line in recording.lines:
            assert problems(line, SCHEMA) == [], line
        assert len(recording.lines) == len(recording.text.splitlines())
    seen = {line["event"] for recording in recordings.values() for line in recording.lines}
    assert seen >= {"answered", "parked", "retry", "attempt", "hold", "settled", "stopped"}
    assert "attempt, repeated" in seen


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"event": "halted"}, "no line is called 'halted'"),
        ({"level": "error"}, "'error' is not one of"),
        ({"left": "0"}, "'0' is not of type 'integer'"),
        ({"left": True}, "True is not of type 'integer'"),
        ({"time": "12:00"}, "'12:00' does not match"),
        ({"right": 1}, "'right' was unexpected"),
        ({"trace_id": "x"}, "'x' does not match"),
    ],
)
def test_what_does_not_fit_is_found(change: dict[str, object], problem: str) -> None:
    """A line with another text, level, type, form or field."""
    assert problems(GOOD, SCHEMA) == []
    (found,) = problems({**GOOD, **change}, SCHEMA)
    assert problem in found


def test_a_missing_field_is_found() -> None:
    """And a line that is no object at all."""
    without = {name: value for name, value in GOOD.items() if name != "left"}
    assert problems(without, SCHEMA) == ["'left' is a required property"]
    assert problems(["time"], SCHEMA) == ["['time'] is not of type 'object'"]


def test_the_example_of_the_page_fits() -> None:
    """What a newcomer reads first is true."""
    page = (DOCS / "logs.md").read_text(encoding="utf-8")
    example = page.partition("```json\n")[2].partition("```")[0]
    assert problems(json.loads(example), SCHEMA) == []
