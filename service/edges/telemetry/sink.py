"""Where events go: each to its recorders (the metrics, the health) and into one log line."""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from typing import Any, get_args

from service.core.times import to_rfc3339
from service.edges.telemetry.logs import NUMBERS, Log
from service.edges.telemetry.sampling import SAMPLED, TICKS, Repeated, Sampler
from service.flow.events import Event
from service.flow.events.declare import Level
from service.flow.events.process import Unexpected

Recorder = Callable[[Event], None]


class Telemetry:
    """An `Emit` that hands every event to all `recorders` and writes its line to `log`.

    Repeated failures are sampled (`service.edges.telemetry.sampling`), except at the level debug.
    Where traces are on, `trace_id` returns the trace that a line belongs to, if any.
    """

    def __init__(
        self,
        log: Log,
        *recorders: Recorder,
        trace_id: Callable[[], str | None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._recorders = recorders
        self._trace_id = trace_id
        self._monotonic = monotonic
        self._written: set[Level | None] = {
            level for level, number in NUMBERS.items() if log.is_enabled_for(number)
        }
        self._sampler = None if Level.DEBUG in self._written else Sampler()
        self._counting = threading.Lock()
        self._reported: set[tuple[int, type[Event]]] = set()

    def __call__(self, event: Event, /) -> None:
        """Record `event` and log it; never raises."""
        for place, record in enumerate(self._recorders):
            try:
                record(event)
            except Exception:  # noqa: BLE001 - a count that is lost must cost no order
                self._report(place, event)
        try:
            # A level that is off costs only this look-up: the fields are not gathered for it.
            if event.level in self._written or isinstance(event, TICKS):
                self._write(event)
        except Exception:  # noqa: BLE001 - neither must a line
            self._report(-1, event)

    def _write(self, event: Event) -> None:
        for line in self._due(event):
            if (level := line.level) is not None and level in self._written:
                shown = line_fields(line)
                # A count is written on the way of any order, and belongs to no trace.
                if line is event and self._trace_id and (trace_id := self._trace_id()) is not None:
                    shown["trace_id"] = trace_id
                self._log.write(level, line.text, shown)

    def _due(self, event: Event) -> Sequence[Event | Repeated]:
        sampler = self._sampler
        if sampler is None or (not len(sampler) and type(event) not in SAMPLED):
            return (event,)
        # Events also come from other threads: without the lock a count could be lost.
        with self._counting:
            return list(sampler.lines(event, self._monotonic()))

    def _report(self, place: int, event: Event) -> None:
        kind = type(event)
        # Once: a defect at every event would flood the log.
        if (place, kind) in self._reported:
            return
        self._reported.add((place, kind))
        with suppress(Exception):
            self._log.exception("telemetry failed", event_type=kind.__name__)


def line_fields(event: Event | Repeated) -> dict[str, object]:
    """The fields of the log line: those of the event that have a value, in the units of the log.

    An `Unexpected` that is emitted while its exception is handled also has the traceback.
    """
    line: dict[str, object] = {}
    for name, value in _values(event):
        if value is None:
            continue
        if name == "duration_seconds":
            line["duration_ms"] = round(value * 1000, 1)
        elif isinstance(value, datetime):
            line[name] = to_rfc3339(value)
        elif isinstance(value, float):
            line[name] = round(value, 3)
        else:
            line[name] = value
    if isinstance(event, Unexpected) and sys.exc_info()[0] is not None:
        line["exc_info"] = sys.exc_info()
    return line


def _values(event: Event | Repeated) -> Iterable[tuple[str, Any]]:
    if isinstance(event, Repeated):
        return event.fields.items()
    return [(name, getattr(event, name)) for name in _NAMES[type(event)]]


_NAMES = {kind: tuple(each.name for each in fields(kind)) for kind in get_args(Event)}
