"""What happens in the relay, as values: an event is one log line and its metrics, together.

An event is declared, with what it says, in `order` or `process`, and counted in
`service.edges.telemetry.metrics`; mypy names that place.
"""

from typing import Protocol

from service.flow.events.order import OrderEvent
from service.flow.events.process import ProcessEvent

Event = OrderEvent | ProcessEvent


class Emit(Protocol):
    """Where events go; never raises and never waits."""

    def __call__(self, event: Event, /) -> None:
        """Take `event`."""
