"""What happened, in order, as something to wait on instead of sleeping and looking."""

from typing import TypeVar

from service.flow.events import Event
from service.flow.events.labels import ConnectionName, LostCause
from service.flow.events.process import BrokerConnected, BrokerLost
from service.flow.ports import Delivery
from tests.world.standin.signals import Signals

WAIT_SECONDS = 50.0

E = TypeVar("E")


class EventLog:
    """Keeps to `Emit`; every event so far, and a bounded wait for those to come."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._signals = Signals()

    def __call__(self, event: Event, /) -> None:
        """Keep the event and wake who waits for it."""
        self.events.append(event)
        self._signals.changed()

    def of(self, kind: type[E], **fields: object) -> list[E]:
        """The events of one kind with these fields, in order."""
        return [event for event in self.events if isinstance(event, kind) and _has(event, fields)]

    async def until(
        self,
        kind: type[E],
        *,
        number: int = 1,
        timeout_seconds: float = WAIT_SECONDS,
        **fields: object,
    ) -> E:
        """The first, second, ... event of the kind with these fields, past or to come."""
        await self._signals.wait_for(
            lambda: len(self.of(kind, **fields)) >= number,
            lambda: f"{kind.__name__} {number} with {fields} not among {self.events}",
            timeout_seconds,
        )
        return self.of(kind, **fields)[number - 1]

    async def connected(self, name: ConnectionName, number: int = 1) -> None:
        """Wait for the first, second, ... session of one connection."""
        await self.until(BrokerConnected, number=number, connection=name)

    def causes(self, name: ConnectionName) -> list[LostCause]:
        """Why sessions of one connection ended, in order."""
        return [event.cause for event in self.of(BrokerLost, connection=name)]


class Inbox:
    """Deliveries that nobody has settled yet, in the order of their arrival."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self._signals = Signals()

    def __call__(self, delivery: Delivery) -> None:
        """Keep the delivery."""
        self.deliveries.append(delivery)
        self._signals.changed()

    async def until(self, number: int, *, timeout_seconds: float = WAIT_SECONDS) -> Delivery:
        """The first, second, ... delivery ever."""
        await self._signals.wait_for(
            lambda: len(self.deliveries) >= number,
            lambda: f"{len(self.deliveries)} of {number} deliveries came",
            timeout_seconds,
        )
        return self.deliveries[number - 1]


class SignalledLog(list[str]):
    """The log of a fake, which wakes who waits for an entry."""

    def __init__(self) -> None:
        super().__init__()
        self._signals = Signals()

    def append(self, entry: str, /) -> None:
        """Add an entry."""
        super().append(entry)
        self._signals.changed()

    async def until(self, entry: str, *, timeout_seconds: float = WAIT_SECONDS) -> None:
        """Wait for an entry."""
        await self._signals.wait_for(
            lambda: entry in self, lambda: f"{entry!r} not in {list(self)}", timeout_seconds
        )


def _has(event: object, fields: dict[str, object]) -> bool:
    return all(getattr(event, name) == value for name, value in fields.items())
