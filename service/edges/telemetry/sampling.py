"""Repeated failures: the first of a kind is written, the others are only counted.

When the API or the broker is down every order fails in the same way, and thousands of equal lines
would hide the one that matters. What became of an order, where it waits, and every hold, start and
stop is always written. No timer: the event loop's `LoopLagged` ticks end the windows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from service.core.record import record
from service.flow.events import Event
from service.flow.events.declare import Level
from service.flow.events.order import Abandoned, AttemptEnded, PublishFailed, ReplyUnrouted
from service.flow.events.process import (
    BrokerLost,
    LoopLagged,
    SharingLost,
    Stopped,
    Unexpected,
)

WINDOW_SECONDS = 60.0
MOST_KINDS = 100
"""The most kinds at a time; all further ones of one class are counted as one kind."""

TICKS = (LoopLagged, Stopped)
"""The events that must be shown to the sampler whether or not they are written."""


class Fields(NamedTuple):
    """The fields that make a failure's kind, and those of which the last one is an example."""

    kind: tuple[str, ...]
    example: tuple[str, ...]


SAMPLED: Mapping[type[Event], Fields] = {
    AttemptEnded: Fields(("outcome", "http_status"), ("reason", "request_id")),
    PublishFailed: Fields(("kind",), ("reason", "request_id")),
    ReplyUnrouted: Fields(("routing_key",), ("reason", "request_id")),
    BrokerLost: Fields(("connection", "cause"), ("reason",)),
    SharingLost: Fields(("cause",), ("reason",)),
    Abandoned: Fields((), ("request_id",)),
    Unexpected: Fields(("where",), ("error",)),
}
"""Every class that is sampled; its fields may hold any values, and any number of them."""

_Kind = tuple[object, ...]


@record(frozen=True, slots=True)
class Repeated:
    """`times` more failures of one kind came after the one that was written; `last` is the last."""

    last: Event
    shared: tuple[str, ...]
    times: int
    within_seconds: float

    @property
    def level(self) -> Level | None:
        """The level of each of them."""
        return self.last.level

    @property
    def text(self) -> str:
        """The text of each of them, marked."""
        return f"{self.last.text}, repeated"

    @property
    def fields(self) -> dict[str, object]:
        """What they share, how many they are, and what the last of them says."""
        example = SAMPLED[type(self.last)].example
        return {
            **{name: getattr(self.last, name) for name in self.shared},
            "repeated_times": self.times,
            "within_seconds": round(self.within_seconds, 1),
            **{f"last_{name}": getattr(self.last, name) for name in example},
        }


@dataclass(slots=True)
class _Window:
    since: float
    last: Event
    shared: tuple[str, ...]
    times: int = 0

    def over(self, now: float) -> Repeated:
        return Repeated(self.last, self.shared, self.times, now - self.since)


class Sampler:
    """Decides what is written, and when; `now` is in monotonic seconds."""

    def __init__(
        self, window_seconds: float = WINDOW_SECONDS, most_kinds: int = MOST_KINDS
    ) -> None:
        self._window_seconds = window_seconds
        self._most_kinds = most_kinds
        self._windows: dict[_Kind, _Window] = {}

    def __len__(self) -> int:
        """How many kinds are remembered."""
        return len(self._windows)

    def lines(self, event: Event, now: float) -> Iterator[Event | Repeated]:
        """What is written when `event` comes: counts that are due, then the event."""
        if self._windows:
            yield from self._ended(now, all_of_them=isinstance(event, Stopped))
        if type(event) not in SAMPLED or event.level is Level.DEBUG:
            yield event
            return
        kind, shared = self._kind(event)
        window = self._windows.get(kind)
        if window is None:
            self._windows[kind] = _Window(now, event, shared)
            yield event
        else:
            window.last = event
            window.times += 1

    def _ended(self, now: float, *, all_of_them: bool) -> Iterator[Repeated]:
        ended = [
            kind
            for kind, window in self._windows.items()
            if all_of_them or now - window.since >= self._window_seconds
        ]
        for window in map(self._windows.pop, ended):
            if window.times:
                yield window.over(now)

    def _kind(self, event: Event) -> tuple[_Kind, tuple[str, ...]]:
        names = SAMPLED[type(event)].kind
        kind = (type(event), *(getattr(event, name) for name in names))
        if isinstance(event, Unexpected):
            # Two defects in one place: the second must be seen, not only counted.
            kind = (*kind, event.error.partition(":")[0])
        if kind in self._windows or len(self._windows) < self._most_kinds:
            return kind, names
        # An answer's status is untrusted: it must not fill the memory.
        return (type(event),), ()
