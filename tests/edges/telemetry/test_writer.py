"""The way out of log lines: real pipes that are broken, full or closed, and odd encodings."""

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

import pytest

from service.edges.telemetry.writer import LineWriter

BOUND_SECONDS = 60.0
Pipe = tuple[BinaryIO, TextIO]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """A pipe: its end to read from, and its end to log to."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as source, os.fdopen(writing, "w", encoding="utf-8") as sink:
        yield source, sink


def test_a_line_arrives_whole_and_at_once(pipe: Pipe) -> None:
    """Nothing is kept back in a buffer."""
    source, sink = pipe
    LineWriter(sink).write("заказ")
    assert source.readline().decode() == "заказ\n"


def test_what_was_printed_before_stays_before(pipe: Pipe) -> None:
    """Text that waits in the stream's own buffer is not overtaken."""
    source, sink = pipe
    sink.write("first\n")
    LineWriter(sink).write("second")
    assert [source.readline(), source.readline()] == [b"first\n", b"second\n"]


def test_a_broken_pipe_is_swallowed(pipe: Pipe) -> None:
    """Whoever read the log may go away; nothing is left over that fails when the process ends."""
    source, sink = pipe
    writer = LineWriter(sink)
    source.close()
    writer.write("x")
    assert writer.flush(BOUND_SECONDS)
    sink.flush()


def test_a_stream_closed_later_is_not_written_to(pipe: Pipe, tmp_path: Path) -> None:
    """Its descriptor's number may belong to something else by now, and that gets no line."""
    _, sink = pipe
    writer = LineWriter(sink)
    number = sink.fileno()
    sink.close()
    other = tmp_path / "other"
    opened = os.open(other, os.O_WRONLY | os.O_CREAT)
    try:
        os.dup2(opened, number)
        writer.write("x")
        assert writer.flush(BOUND_SECONDS)
    finally:
        for each in {opened, number}:
            os.close(each)
    assert other.read_bytes() == b""


@pytest.mark.parametrize("kind", ["blocking", "non-blocking"])
def test_a_full_pipe_costs_lines_and_no_time(pipe: Pipe, kind: str) -> None:
    """What is taken arrives whole and in order when somebody reads again; the rest is counted."""
    source, sink = pipe
    os.set_blocking(sink.fileno(), kind == "blocking")
    dropped: list[int] = []
    writer = LineWriter(sink, dropped.append, most_waiting_bytes=1_000_000)
    # With nobody who reads, a write that waits would never return.
    for number in range(100):
        writer.write(f"{number:03}" + "a" * 49_996)
    assert not writer.flush(0.0)
    taken = 100 - sum(dropped)
    assert 20 <= taken <= 25
    numbers = [int(source.readline()[:3]) for _ in range(taken)]
    assert numbers == list(range(taken))
    writer.write("then")
    assert source.readline() == b"then\n"
    assert writer.flush(BOUND_SECONDS)


def test_lines_that_cannot_be_written_are_counted(pipe: Pipe) -> None:
    """Their reader is gone."""
    source, sink = pipe
    source.close()
    dropped: list[int] = []
    writer = LineWriter(sink, dropped.append)
    for _ in range(3):
        writer.write("x")
    assert writer.flush(BOUND_SECONDS)
    assert sum(dropped) == 3


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_the_encoding_lacks_is_escaped(encoding: str) -> None:
    """No character raises, neither one that the stream cannot hold nor a lone surrogate."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    LineWriter(stream).write("✓\udc80")
    text = raw.getvalue().decode(encoding)
    assert text == ("✓\\udc80\n" if encoding == "utf-8" else "\\u2713\\udc80\n")


def test_lines_of_several_threads_do_not_mix(pipe: Pipe) -> None:
    """Each line is written whole, whoever else writes."""
    source, sink = pipe
    writer = LineWriter(sink)

    def write(letter: str) -> None:
        for _ in range(5):
            writer.write(letter * 1000)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "abc"]
    for thread in threads:
        thread.start()
    lines = [source.readline() for _ in range(15)]
    for thread in threads:
        thread.join(timeout=10)
    assert sorted(lines) == sorted(
        letter.encode() * 1000 + b"\n" for letter in "abc" for _ in range(5)
    )
