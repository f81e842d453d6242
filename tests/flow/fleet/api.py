"""The one simulated API of all replicas, and what is read from its calls."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from math import inf
from random import Random

from service.core.outcome import Answered, ApiResult, NotSent
from tests.flow.fleet.simulated import Process
from tests.world.standin.limiter import Limited

LATENCY_SECONDS = 0.05
UNAUTHORIZED = Answered(401, b'{"error": "unauthorized"}')
FAILED = Answered(500, b"")
UNREACHED = NotSent("connection refused")

Fault = Callable[[float, str, int], ApiResult | None]
"""What the API answers at a time, to an order, at its so-manyth call; None where it works."""


def works(_now: float, _order: str, _nth: int) -> None:
    """No fault."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the API saw it; `foreign` says that the order was not the caller's any more."""

    at: float
    replica: int
    order: str
    result: ApiResult
    foreign: bool

    @property
    def status(self) -> int | None:
        """The answer's; None where there was none."""
        return self.result.status if isinstance(self.result, Answered) else None


@dataclass
class Api:
    """Answers within its limit; `fault` goes before it. It takes nothing while it stands still."""

    limit: Limited | None
    chance: Random
    retry_after: float | None = None
    fault: Fault = works
    still_until: float = -inf
    calls: list[Call] = field(default_factory=list)
    _attempts: dict[str, int] = field(default_factory=dict)

    async def submit(
        self, process: Process, replica: int, order: str, *, foreign: bool
    ) -> ApiResult:
        """Call it: the way there, the answer, the way back."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[ApiResult] = loop.create_future()
        call = partial(self._arrive, process, replica, order, foreign, answer)
        loop.call_later(self._way(), call)
        return await answer

    def _way(self) -> float:
        return LATENCY_SECONDS / 2 * (0.96 + 0.08 * self.chance.random())

    def _arrive(
        self,
        process: Process,
        replica: int,
        order: str,
        foreign: bool,  # noqa: FBT001 - `call_later` passes nothing by name
        answer: "asyncio.Future[ApiResult]",
    ) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        if now < self.still_until:
            again = partial(self._arrive, process, replica, order, foreign, answer)
            loop.call_at(self.still_until, again)
            return
        nth = self._attempts[order] = self._attempts.get(order, 0) + 1
        result = self.fault(now, order, nth) or self._limited(now, order)
        self.calls.append(Call(now, replica, order, result, foreign))
        process.after(self._way(), partial(_answer, answer, result))

    def _limited(self, now: float, order: str) -> ApiResult:
        if self.limit is None or self.limit.allows(now):
            return Answered(200, b'{"order": "ord_%s"}' % order.encode())
        told = None if self.retry_after is None else f"{self.retry_after:g}"
        return Answered(429, b"", retry_after=told)

    def within(self, since: float, until: float = inf) -> list[Call]:
        """The calls of that time."""
        return [call for call in self.calls if since <= call.at < until]

    def served_per_second(self, since: float, until: float) -> float:
        """How many orders it placed."""
        return sum(call.status == 200 for call in self.within(since, until)) / (until - since)

    def throttled(self, since: float, until: float) -> float:
        """The share of the calls that were refused for the limit."""
        calls = self.within(since, until)
        return sum(call.status == 429 for call in calls) / max(1, len(calls))

    def most_within(self, seconds: float, since: float = 0.0) -> int:
        """The most calls, served or not, in any time of that length."""
        times = [call.at for call in self.within(since)]
        most = first = 0
        for last, at in enumerate(times):
            while times[first] <= at - seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    def overtaken(self) -> int:
        """By how many later orders an order was overtaken at most, on the way to being placed."""
        placed = [int(call.order[2:]) for call in self.calls if call.status == 200]
        ahead = accumulate(placed, max)
        # Orders that come in their order have exactly as many before them as their number says.
        return max((most - number for most, number in zip(ahead, placed, strict=True)), default=0)


def _answer(answer: "asyncio.Future[ApiResult]", result: ApiResult) -> None:
    # Who waited for it may have been cut off.
    if not answer.done():
        answer.set_result(result)
