"""Repeated failures: the first is written, the others are counted, and none is lost."""

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.message import PublicationKind
from service.core.settlement import Settlement
from service.edges.telemetry.sampling import SAMPLED, Repeated, Sampler
from service.edges.telemetry.sink import Telemetry, line_fields
from service.flow.events import Event
from service.flow.events.declare import Level
from service.flow.events.ends import Answered
from service.flow.events.labels import ConnectionName, HoldReason, LostCause
from service.flow.events.order import Abandoned, AttemptEnded, PublishFailed, Settled
from service.flow.events.process import (
    BrokerConnected,
    BrokerLost,
    ConsumingStopped,
    HoldChanged,
    KeyUnreadable,
    LoopLagged,
    Started,
    Stopped,
    Unexpected,
)
from tests.edges.telemetry.built import answered, parked, retry_planned
from tests.edges.telemetry.conftest import OpenLog

TICK = LoopLagged(0.0)
Line = Event | Repeated


def failed(outcome: str = "unreached", status: int | None = None, name: str = "o-1") -> Event:
    """An attempt that came to nothing."""
    return AttemptEnded(name, 1, outcome, status, "connection refused", 0.1)


def lost(connection: ConnectionName = ConnectionName.CONSUME) -> Event:
    """A broker connection that could not be made."""
    return BrokerLost(connection, LostCause.CONNECT_FAILED, "refused", 1.0)


def defect(error: str, where: str = "delivery") -> Event:
    """What no rule foresees."""
    return Unexpected(where, error)


def told(*story: tuple[float, Event]) -> list[Line]:
    """What is written when these events come at these seconds; ticks and all else that is quiet."""
    sampler = Sampler(window_seconds=60, most_kinds=5)
    lines = [line for now, event in story for line in sampler.lines(event, now)]
    return [line for line in lines if line != TICK]


def test_the_first_is_written_and_the_others_are_counted() -> None:
    """A tick after the window brings the count, with what they share and the last as an example."""
    first, second, third = (failed(name=f"o-{number}") for number in (1, 2, 3))
    lines = told((0, first), (1, second), (30, third), (59.9, TICK), (60, TICK), (99, TICK))
    assert lines == [first, Repeated(third, ("outcome", "http_status"), 2, 60)]
    repeated = lines[1]
    assert (repeated.level, repeated.text) == (Level.WARNING, "attempt, repeated")
    assert line_fields(repeated) == {
        "outcome": "unreached",
        "repeated_times": 2,
        "within_seconds": 60,
        "last_reason": "connection refused",
        "last_request_id": "o-3",
    }


def test_a_single_failure_is_not_counted() -> None:
    """One line, and nothing after its window; the next one is a first again."""
    assert told((0, lost()), (60, TICK), (70, lost())) == [lost(), lost()]


def test_a_count_comes_before_the_line_that_ends_its_window() -> None:
    """Without a tick in between, the next event brings it, whichever it is."""
    lines = told((0, lost()), (1, lost()), (61, lost()))
    assert [type(line) for line in lines] == [BrokerLost, Repeated, BrokerLost]
    lines = told((0, lost()), (1, lost()), (61, answered()))
    assert [type(line) for line in lines] == [BrokerLost, Repeated, Answered]


def test_the_last_line_is_that_of_the_stop() -> None:
    """Whatever was counted comes out before it, also in the middle of a window."""
    stop = Stopped(0)
    lines = told((0, lost()), (1, lost()), (2, failed()), (3, failed()), (4, stop))
    assert [getattr(line, "times", 0) for line in lines] == [0, 0, 1, 1, 0]
    assert lines[-1] == stop


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (failed("unreached"), failed("unknown")),
        (failed("unknown", 500), failed("unknown", 502)),
        (lost(ConnectionName.CONSUME), lost(ConnectionName.PUBLISH)),
        (
            PublishFailed("o-1", PublicationKind.REPLY, "nacked"),
            PublishFailed("o-1", PublicationKind.RETRY, "nacked"),
        ),
        (defect("KeyError: 1"), defect("TypeError: 1")),
        (defect("KeyError: 1"), defect("KeyError: 1", "event loop")),
        (Abandoned("o-1"), lost()),
    ],
    ids=["outcome", "status", "connection", "kind", "error", "where", "class"],
)
def test_another_kind_is_written(one: Event, other: Event) -> None:
    """What differs in what a person would act on is seen at once."""
    assert told((0, one), (0, other)) == [one, other]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (failed(name="o-1"), failed(name="o-2")),
        (defect("KeyError: 1"), defect("KeyError: 2")),
        (Abandoned("o-1"), Abandoned("o-2")),
    ],
    ids=["order", "value", "abandoned"],
)
def test_the_same_kind_is_counted(one: Event, other: Event) -> None:
    """Which order it was makes no kind."""
    assert told((0, one), (0, other)) == [one]


@pytest.mark.parametrize(
    "event",
    [
        answered(status="unknown"),
        parked(),
        retry_planned(),
        Settled(None, Settlement.DEAD_LETTERED),
        HoldChanged(HoldReason.CIRCUIT, held=True, why="no route"),
        KeyUnreadable("missing"),
        BrokerConnected(ConnectionName.PUBLISH, "broker:5672"),
        ConsumingStopped("orders are held"),
        Started("1", "3"),
        Stopped(1),
        AttemptEnded("o-1", 1, "accepted", 200, None, 0.1),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_is_never_sampled(event: Event) -> None:
    """Where an order is, what holds it, the life of the process: each has its line."""
    assert told((0, event), (0, event)) == [event, event]


def test_more_kinds_than_are_told_apart_are_counted_together() -> None:
    """A stranger who answers with every status there is fills neither the memory nor the log."""
    sampler = Sampler(window_seconds=60, most_kinds=5)
    lines = [line for n in range(900) for line in sampler.lines(failed("unknown", n), n / 100)]
    assert len(lines) == 6
    assert len(sampler) == 6
    count, tick = sampler.lines(TICK, 100)
    assert tick == TICK
    assert isinstance(count, Repeated)
    assert (count.shared, count.times) == ((), 900 - 6)
    assert "outcome" not in line_fields(count)
    assert len(sampler) == 0


_EVENTS = st.one_of(
    st.just(TICK),
    st.builds(failed, st.sampled_from(["unreached", "unknown"]), st.integers(100, 999)),
    st.builds(lost, st.sampled_from(ConnectionName)),
    st.builds(defect, st.text(max_size=3), st.sampled_from(["delivery", "event loop"])),
    st.builds(Abandoned, st.text(max_size=3)),
    st.just(Stopped(0)),
    st.builds(answered),
)


def _by_class(lines: Iterable[Line]) -> Counter[type[Event]]:
    counted: Counter[type[Event]] = Counter()
    for line in lines:
        if isinstance(line, Repeated):
            counted[type(line.last)] += line.times
        else:
            counted[type(line)] += 1
    return counted


@given(
    story=st.lists(st.tuples(st.floats(0, 40), _EVENTS)), most=st.integers(1, 4), end=st.booleans()
)
def test_no_failure_is_ever_uncounted(
    story: list[tuple[float, Event]], most: int, *, end: bool
) -> None:
    """Lines and counts together are as many as the events, and the memory has its bound."""
    sampler, now, lines = Sampler(60, most), 0.0, list[Line]()
    sent = [event for _, event in story]
    for pause, event in story:
        now += pause
        lines += sampler.lines(event, now)
        assert len(sampler) <= most + len(SAMPLED)
    last = Stopped(0) if end else TICK
    lines += sampler.lines(last, now if end else now + 61)
    assert len(sampler) == 0
    assert _by_class(lines) == Counter(map(type, [*sent, last]))
    counts = [line for line in lines if isinstance(line, Repeated)]
    assert all(line.times > 0 and line.within_seconds >= 0 for line in counts)


def test_the_sink_samples_by_the_ticks_of_the_loop(open_log: OpenLog) -> None:
    """At `info`, ticks bring the counts, though they write no line of their own."""
    book, now = open_log(Level.INFO), [0.0]
    recorded: list[Event] = []
    emit = Telemetry(book.log, recorded.append, monotonic=lambda: now[0])
    for event in [failed()] * 500:
        emit(event)
    now[0] = 61.0
    emit(TICK)
    assert [line["event"] for line in book.lines] == ["attempt", "attempt, repeated"]
    assert (book.lines[1]["level"], book.lines[1]["repeated_times"]) == ("warning", 499)
    assert len(recorded) == 501


def test_the_sink_flushes_at_the_stop_also_where_that_line_is_off(open_log: OpenLog) -> None:
    """At `warning` the stop itself is not written."""
    book = open_log(Level.WARNING)
    emit = Telemetry(book.log, monotonic=lambda: 0.0)
    for event in (lost(), lost(), Stopped(0)):
        emit(event)
    assert [line["event"] for line in book.lines] == [
        "broker connection lost",
        "broker connection lost, repeated",
    ]


def test_a_level_that_is_off_counts_nothing(open_log: OpenLog) -> None:
    """A count would tell of lines that nobody asked for."""
    book = open_log(Level.ERROR)
    emit = Telemetry(book.log, monotonic=lambda: 0.0)
    for event in (lost(), lost(), Stopped(0)):
        emit(event)
    assert book.lines == []


def test_at_debug_everything_is_written(open_log: OpenLog) -> None:
    """Who asks for all gets all."""
    book = open_log(Level.DEBUG)
    emit = Telemetry(book.log, monotonic=lambda: 0.0)
    for event in (lost(), lost(), lost(), Stopped(0)):
        emit(event)
    assert [line["event"] for line in book.lines] == ["broker connection lost"] * 3 + ["stopped"]
