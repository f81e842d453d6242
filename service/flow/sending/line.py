"""The line before the API: who is the next, of those that wait."""

import asyncio
from bisect import insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from math import inf
from operator import attrgetter

from service.flow.sending.account import Attempt
from service.flow.sending.suspects import Suspects

MANY_FAILURES = 6

OTHERS_FIRST_SECONDS = 0.5
"""After a wait, before one that may be the only one that is throttled."""


class TurnedAway(Enum):
    """Why an order does not wait here any longer."""

    ELSEWHERE = "it waits elsewhere"
    BACK = "it has not begun, and is given back"
    ALONE = "the suspicion falls on it alone"


@dataclass(eq=False, slots=True)
class Turn:
    """An order that wants to be sent, the same object for all its attempts; times are monotonic.

    Those that arrived first are sent first. `failures` counts its attempts so far; `sent` says that
    it was sent by this process, last at `sent_at`, and `throttled` how often it was throttled. One
    that `yields` lets others try first, and goes not before `not_before` where all go.
    `may_return` says that giving it back would cost it nothing, `alive` whether it is this
    process's still.
    """

    arrived_at: float
    leave_by: float = inf
    failures: int = 0
    sent: bool = False
    sent_at: float = -inf
    throttled: int = 0
    yields: bool = False
    not_before: float = -inf
    may_return: bool = False
    alive: Callable[[], bool] = lambda: True
    result: Attempt | TurnedAway = TurnedAway.ELSEWHERE
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def throttle(self, *, told: bool, until: float) -> None:
        """Keep its place, unless it may be the only one that is throttled; the wait is `until`."""
        self.throttled += 1
        self.yields = self.throttled > 1 or not told
        if self.yields:
            self.not_before = until + OTHERS_FIRST_SECONDS

    @property
    def fresh(self) -> bool:
        """Whether it was never sent."""
        return not (self.sent or self.failures)


class Line:
    """Those that wait, in the order of their arrival."""

    def __init__(self, suspects: Suspects) -> None:
        self._suspects = suspects
        self._turns: list[Turn] = []
        self._fresh_next = True

    def __len__(self) -> int:
        return len(self._turns)

    def __iter__(self) -> Iterator[Turn]:
        return iter(self._turns)

    def add(self, turn: Turn) -> None:
        """Let it stand where it belongs."""
        turn.came.clear()
        insort(self._turns, turn, key=attrgetter("arrived_at"))

    def end(self, turn: Turn, result: Attempt | TurnedAway) -> None:
        """Take it out, and let it know."""
        self._turns.remove(turn)
        turn.result = result
        turn.came.set()

    def ready_in(self, now: float) -> float:
        """Seconds until the first may be sent by itself; infinite where one may now."""
        for turn in self._turns:
            if now >= turn.not_before:
                return inf
        return min((turn.not_before - now for turn in self._turns), default=inf)

    def next(self, now: float, *, asking: bool = False, alternating: bool = False) -> Turn | None:
        """Who is sent now; where one is asked or orders fail, fresh and failed ones in turn."""
        asks_again = self._suspects.may_ask_again
        may = (turn for turn in self._turns if now >= turn.not_before and asks_again(turn, now))
        if not (asking or alternating):
            return next(may, None)
        waiting = list(may)
        fresh = next((turn for turn in waiting if not self._has_failed(turn)), None)
        failed = min(
            (turn for turn in waiting if self._has_failed(turn)),
            # The API may fail the first attempts of every order: the one that is furthest tells.
            # Not the same again and again: its attempts are bounded.
            key=lambda turn: turn.failures if turn.failures >= MANY_FAILURES else -turn.failures,
            default=None,
        )
        if fresh is not None and failed is not None and alternating:
            # Neither may be the only ones that are asked: one order decides for itself alone.
            self._fresh_next = not self._fresh_next
            return failed if self._fresh_next else fresh
        return fresh or failed

    @property
    def has_fresh(self) -> bool:
        """Whether there is one that tells of the account, and not of itself again."""
        return not all(self._has_failed(turn) for turn in self._turns)

    def _has_failed(self, turn: Turn) -> bool:
        return turn.failures > 0 or turn.yields or turn in self._suspects
