"""An API that serves so many at a time and lets the rest queue, and processes that have orders."""

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from math import inf
from random import Random

from service.flow.sending.concurrency import Concurrency

Service = Callable[[float, Random], float]
"""How long one is served that begins at this time."""


@dataclass
class Workers:
    """Orders never run out; `rate` is what one process may send in a second."""

    service: Service
    workers: float = inf
    processes: int = 1
    rate: float = inf
    fails: Callable[[float, Random], bool] = lambda _now, _chance: False
    most: int = 64
    follows: bool = True
    seed: int = 0
    ended: list[tuple[float, float, int, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.limits = [
            Concurrency(self.most, lambda: self.processes, Random(100 * self.seed + one).random)
            for one in range(self.processes)
        ]
        self._chance = Random(1 + self.seed)
        self._now = 0.0
        self._numbers = count()
        self._events: list[tuple[float, int, int, tuple[float, int] | None]] = []
        self._queue: deque[tuple[int, float, int]] = deque()
        self._busy = 0
        self._in_flight = [0] * self.processes
        self._slot = [0.0] * self.processes
        self._woken = [-inf] * self.processes
        for process in range(self.processes):
            self._after(process / 1000, process, None)

    def run(self, until: float) -> "Workers":
        """Go on until this second."""
        while self._events[0][0] <= until:
            self._now, _, process, call = heapq.heappop(self._events)
            if call is not None:
                self._end(process, *call)
            self._send(process)
        return self

    def served(self, since: float, until: float) -> float:
        """How many in a second."""
        return sum(since <= at < until and not failed for at, _, _, failed in self.ended) / (
            until - since
        )

    def latency(self, part: float, since: float, until: float) -> float:
        """So large a part of those in between was served within it."""
        took = sorted(took for at, took, _, failed in self.ended if since <= at < until)
        return took[int(len(took) * part)]

    def _allowed(self, process: int) -> int:
        return self.limits[process].at(self._now) if self.follows else self.most

    def _send(self, process: int) -> None:
        while self._in_flight[process] < self._allowed(process):
            gap = self.limits[process].gap_seconds(self._now) if self.follows else 0.0
            slot = max(self._slot[process], self._now + gap)
            if self._now < slot - 1e-9:
                if self._woken[process] <= self._now:
                    self._woken[process] = slot
                    self._after(slot - self._now, process, None)
                return
            self._slot[process] = max(self._slot[process] + 1 / self.rate, self._now - 0.01)
            self._in_flight[process] += 1
            number = next(self._numbers)
            self.limits[process].began(number, self._now)
            if self._busy < self.workers:
                self._serve(process, self._now, number)
            else:
                self._queue.append((process, self._now, number))

    def _serve(self, process: int, sent_at: float, number: int) -> None:
        self._busy += 1
        self._after(self.service(self._now, self._chance), process, (sent_at, number))

    def _end(self, process: int, sent_at: float, number: int) -> None:
        self._busy -= 1
        if self._queue:
            self._serve(*self._queue.popleft())
        failed, took = self.fails(self._now, self._chance), self._now - sent_at
        self.limits[process].ended(took, self._in_flight[process], self._now, failed=failed)
        self._in_flight[process] -= 1
        self.limits[process].left(number)
        self.ended.append((self._now, took, process, failed))

    def _after(self, seconds: float, process: int, call: tuple[float, int] | None) -> None:
        event = (self._now + seconds, next(self._numbers), process, call)
        heapq.heappush(self._events, event)
