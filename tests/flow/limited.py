"""A process that always has orders, and an API with an exact limit, on a simulated clock."""

import heapq
from dataclasses import dataclass, field
from math import inf
from random import Random

from service.core.outcome import Accepted, Outcome, Throttled
from service.flow.sending.account import Account, Attempt
from service.flow.sending.pace import Pace
from service.flow.sending.states import Admission
from tests.world.standin.limiter import Limited

CONCURRENCY = 64
STALL_EVERY_SECONDS = 20.0


@dataclass
class Play:
    """What the API said, in order: when, and whether it served."""

    limit: Limited
    pace: Pace
    told_seconds: float | None = None
    latency_seconds: float = 0.05
    stall_seconds: float = 0.0
    calls: list[tuple[float, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = Random(1)
        self._account = Account(self._chance.random)
        self._now = 0.0
        self._next_stall = STALL_EVERY_SECONDS
        self._answers: list[tuple[float, int, Attempt, Outcome]] = []

    def run(self, until: float) -> "Play":
        """Play on until this second; orders never run out."""
        while self._now < until:
            self._answer()
            if self._may_send():
                self._send()
                continue
            waits = [self._account.next_change(self._now), self.pace.wait_seconds(self._now) or inf]
            if self._answers:
                waits.append(self._answers[0][0] - self._now)
            # The loop wakes a little late, and now and then it stands still.
            self._now += max(min(waits), 1e-6) + self._chance.random() * 0.001
            if self._now >= self._next_stall:
                self._now += self.stall_seconds
                self._next_stall += STALL_EVERY_SECONDS
        return self

    def served(self, rate: float, since: float, until: float) -> float:
        """The share of what the API would have given."""
        return sum(ok for at, ok in self.calls if since <= at < until) / (rate * (until - since))

    def throttled(self, since: float, until: float) -> float:
        """The share of the calls that were refused for the limit."""
        part = [ok for at, ok in self.calls if since <= at < until]
        return 1 - sum(part) / len(part)

    def _may_send(self) -> bool:
        free = len(self._answers) < min(CONCURRENCY, self._account.most_in_flight(self._now))
        free = free and self.pace.wait_seconds(self._now) == 0
        return free and self._account.admission(self._now) is not Admission.NOBODY

    def _send(self) -> None:
        self.pace.take(self._now)
        attempt = self._account.send(self._now)
        ok = self.limit.allows(self._now)
        self.calls.append((self._now, ok))
        outcome = Accepted("ord_1") if ok else Throttled(429, self.told_seconds)
        answer = (self._now + self.latency_seconds, attempt.number, attempt, outcome)
        heapq.heappush(self._answers, answer)

    def _answer(self) -> None:
        while self._answers and self._answers[0][0] <= self._now:
            at, _, attempt, outcome = heapq.heappop(self._answers)
            before = self._account.waits.seconds(at)
            self._account.report(attempt, attempt.number, outcome, at)
            if isinstance(outcome, Accepted):
                self.pace.served(at)
            elif (seconds := self._account.waits.seconds(at)) > before:
                self.pace.throttled(at, seconds)
