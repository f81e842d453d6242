"""The line before the API: who is the next, of those that wait."""

import asyncio
from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from math import inf

from service.flow.sending.account import Account, Attempt

MANY_FAILURES = 6


class TurnedAway(Enum):
    """Why an order does not wait here any longer."""

    ELSEWHERE = "it waits elsewhere"
    ALONE = "the suspicion falls on it alone"


@dataclass(eq=False, slots=True)
class Turn:
    """An order that wants to be sent, the same object for all its attempts; times are monotonic.

    Those that arrived first are sent first; `failures` counts its attempts so far.
    """

    arrived_at: float
    leave_by: float = inf
    failures: int = 0
    result: Attempt | TurnedAway = TurnedAway.ELSEWHERE
    came: asyncio.Event = field(default_factory=asyncio.Event)


class Line:
    """Those that wait, in the order of their arrival."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._turns: list[Turn] = []
        self._fresh_next = True

    def __len__(self) -> int:
        return len(self._turns)

    def __iter__(self) -> Iterator[Turn]:
        return iter(self._turns)

    def add(self, turn: Turn) -> None:
        """Let it stand where it belongs."""
        turn.came.clear()
        insort(self._turns, turn, key=lambda each: each.arrived_at)

    def end(self, turn: Turn, result: Attempt | TurnedAway) -> None:
        """Take it out, and let it know."""
        self._turns.remove(turn)
        turn.result = result
        turn.came.set()

    def suspects(self) -> list[Turn]:
        """Those whose last attempt may have failed for the account's sake."""
        return [turn for turn in self._turns if self._account.suspects(turn)]

    def next(self, now: float, *, probe: bool) -> Turn | None:
        """Who is sent now; where orders fail, fresh ones and those that failed in turn."""
        if not (probe or self._account.troubled):
            return next(iter(self._turns), None)
        fresh = next((turn for turn in self._turns if not self._has_failed(turn)), None)
        failed = min(
            (turn for turn in self._turns if self._may_fail_again(turn, now)),
            # The API may fail the first attempts of every order: the one that is furthest tells.
            # Not the same again and again: its attempts are bounded.
            key=lambda turn: turn.failures if turn.failures >= MANY_FAILURES else -turn.failures,
            default=None,
        )
        if fresh is not None and failed is not None and self._account.troubled:
            # Neither may be the only ones that are asked: one order decides for itself alone.
            self._fresh_next = not self._fresh_next
            return failed if self._fresh_next else fresh
        return fresh or failed

    def _has_failed(self, turn: Turn) -> bool:
        return turn.failures > 0 or self._account.suspects(turn)

    def _may_fail_again(self, turn: Turn, now: float) -> bool:
        return self._has_failed(turn) and self._account.may_ask_again(turn, now)
