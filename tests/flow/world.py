"""The flow with fakes around it, as a fixture's value."""

from dataclasses import dataclass, field

from service.core.decision import RetryPolicy
from service.core.message import Message, Received
from service.flow.events import Event
from service.flow.relay import Relay
from service.flow.sending.gate import Gate
from service.flow.sending.pace import Pace
from service.flow.sending.prefetch import Prefetch
from tests.flow.clock import FakeClock, settle
from tests.flow.fakes import FakeApi, FakeBroker, FakeDelivery

HALF = 0.5
"""Every draw of the backoff: waits are half of their ceiling."""


@dataclass
class World:
    """A relay, its fakes, and the one log of what it did."""

    log: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    clock: FakeClock = field(default_factory=FakeClock)
    concurrency: int = 64
    prefetch: int = 128
    careful: bool = False
    rate_per_second: float | None = None
    policy: RetryPolicy = field(default_factory=RetryPolicy)

    def __post_init__(self) -> None:
        self.api = FakeApi(self.log)
        self.broker = FakeBroker(self.log)
        self.gate = Gate(
            self.clock,
            self.events.append,
            concurrency=self.concurrency,
            prefetch=Prefetch(self.prefetch, careful=self.careful),
            pace=Pace(self.rate_per_second),
            random=lambda: HALF,
        )
        self.relay = Relay(
            api=self.api,
            publisher=self.broker,
            gate=self.gate,
            clock=self.clock,
            emit=self.events.append,
            policy=self.policy,
            random=lambda: HALF,
        )

    async def serve(self, message: Message, **arrival: object) -> FakeDelivery:
        """Deliver `message` and let it go as far as it goes without time passing."""
        return await self._begin(self.broker.deliver(message, **arrival))

    async def serve_again(self, received: Received) -> FakeDelivery:
        """Deliver once more what the broker had before, as `serve` does."""
        return await self._begin(self.broker.hand_out(received))

    async def _begin(self, delivery: FakeDelivery) -> FakeDelivery:
        self.relay.receive(delivery)
        await settle()
        return delivery

    def seen(self, kind: type[Event]) -> list[Event]:
        """The events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]
