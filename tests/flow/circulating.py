"""A world with a queue in front of the relay and waiting tiers behind it, all on the fake clock."""

import heapq
from collections import deque
from dataclasses import dataclass, field
from itertools import count

from service.core.message import Message, PublicationKind, Received
from tests.flow.fakes import FakeDelivery, waited
from tests.flow.world import World

STEP_SECONDS = 0.05


@dataclass
class Circulating(World):
    """Delivers what is queued as the gate wants it, and brings back what waited its time."""

    queue: deque[Received] = field(default_factory=deque)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._held: list[FakeDelivery] = []
        self._waiting: list[tuple[float, int, Received]] = []
        self._numbers = count()
        self._read = 0

    def send(self, message: Message, **arrival: object) -> None:
        """Queue a request."""
        self.queue.append(Received(message, exchange="orders", **arrival))  # type: ignore[arg-type]

    async def run(self, seconds: float) -> None:
        """Let time pass in small steps, the broker at work in each."""
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            self._turn()
            await self.clock.advance(STEP_SECONDS)

    @property
    def held(self) -> list[Received]:
        """What is out and not settled."""
        return [each.received for each in self._held if not each.settled]

    def submits(self, prefix: str = "") -> list[str]:
        """The calls for ids that begin so, in order."""
        return [entry for entry in self.log if entry.startswith(f"submit {prefix}")]

    def statuses(self) -> dict[str, str]:
        """The last reply of each order."""
        return {str(reply["request_id"]): str(reply["status"]) for reply in self.broker.replies()}

    def _turn(self) -> None:
        now = self.clock.monotonic()
        published, self._read = self.broker.published[self._read :], len(self.broker.published)
        for each in published:
            if each.kind is PublicationKind.RETRY:
                due = now + float(each.routing_key)
                heapq.heappush(self._waiting, (due, next(self._numbers), waited(each.message)))
        while self._waiting and self._waiting[0][0] <= now:
            self.queue.append(heapq.heappop(self._waiting)[2])
        self.queue.extendleft(reversed(self.broker.returned))
        self.broker.returned.clear()
        self._held = [each for each in self._held if not each.settled]
        self.gate.consumes(consuming=self.gate.intake > 0)
        one_more = len(self._held) + 1
        while self.queue and len(self._held) < self._most(one_more):
            delivery = self.broker.hand_out(self.queue.popleft())
            self._held.append(delivery)
            self.relay.receive(delivery)

    def _most(self, one_more: int) -> int:
        intake = self.gate.intake
        # A probe is asked for by a consumer of its own, beside what is held already.
        return one_more if intake == 1 and not self.careful else intake
