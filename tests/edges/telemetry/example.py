"""What an event's example says."""

from dataclasses import dataclass, field

from service.flow.events import Event

Line = dict[str, object]


@dataclass(frozen=True)
class Example:
    """An event, its level (None: no line), text, other fields, and the metrics' new values."""

    event: Event
    level: str | None
    text: str
    fields: Line = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
