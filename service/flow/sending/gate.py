"""The gate before the API: orders stand in line, and the head of it is sent when it may be.

What concerns the API's account is decided in `account`, how fast in `pace`; here are the process's
own reasons (results that cannot be published, the end of the process), the line and the waiting.
"""

import asyncio
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from math import inf

from service.core.outcome import Accepted, Outcome, Refused
from service.flow.events import Emit
from service.flow.events.labels import HoldReason
from service.flow.events.process import HoldChanged
from service.flow.ports import Clock
from service.flow.sending.account import Account, Admission, Attempt
from service.flow.sending.pace import Pace

PATIENCE_SECONDS = 300.0
"""How long a held order stays in the process: brokers take back what is unacked for 30 minutes."""

LONG_THROTTLE_SECONDS = 60.0

MANY_FAILURES = 6


class Intake(Enum):
    """How many deliveries are wanted."""

    NONE = "none"
    ONE = "one"
    FULL = "full"


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


class Gate:
    """Lets orders through to the API, one permit each."""

    def __init__(
        self,
        clock: Clock,
        emit: Emit,
        *,
        concurrency: int,
        pace: Pace,
        random: Callable[[], float],
    ) -> None:
        self._clock = clock
        self._emit = emit
        self._concurrency = concurrency
        self._pace = pace
        self._account = Account(random)
        self._publisher: tuple[str, float] | None = None
        self._line: list[Turn] = []
        self._in_flight = 0
        self._fresh_next = True
        self._leave_by = inf
        self._timekeeper: asyncio.Task[None] | None = None
        self._poke = asyncio.Event()
        self._wake_at = -inf
        self._last_intake = Intake.FULL
        self._changed = asyncio.Event()
        self._version = 0
        self._announced: dict[HoldReason, str] = {}
        self.draining = asyncio.Event()

    async def enter(self, turn: Turn) -> Attempt | TurnedAway:
        """Wait for the order's turn; after an `Attempt` the caller calls `leave`, come what may.

        While orders are held it waits for PATIENCE_SECONDS, and not past its `leave_by`.
        """
        if self._timekeeper is None:
            self._timekeeper = asyncio.create_task(self._keep_time())
        turn.came.clear()
        insort(self._line, turn, key=lambda each: each.arrived_at)
        self._leave_by = min(self._leave_by, turn.leave_by)
        self._serve_and_wake()
        try:
            await turn.came.wait()
        except BaseException:
            if not turn.came.is_set():
                self._send_away(turn, TurnedAway.ELSEWHERE)
            elif isinstance(turn.result, Attempt):
                self.leave()
            raise
        return turn.result

    def leave(self) -> None:
        """Give the permit back."""
        self._in_flight -= 1
        self._serve_and_wake()

    def report(self, turn: Turn, attempt: Attempt, outcome: Outcome) -> None:
        """Learn from the outcome of what was let through."""
        now, throttled = self._clock.monotonic(), self._account.throttled_seconds
        before = throttled(now)
        self._account.report(attempt, turn, outcome, now)
        if isinstance(outcome, Accepted | Refused):
            self._pace.served(now)
        elif (seconds := throttled(now)) > before:
            self._pace.throttled(now, seconds)
        self._serve_and_wake()

    def hold_publisher(self, why: str) -> None:
        """Let nothing through while results cannot be published."""
        since = self._publisher[1] if self._publisher else self._clock.monotonic()
        self._publisher = (why, since)
        self._serve_and_wake()

    def lift_publisher(self) -> None:
        """Results can be published again."""
        self._publisher = None
        self._serve_and_wake()

    def drain(self) -> None:
        """Turn away everyone who waits, and those who come later."""
        self.draining.set()
        self._serve_and_wake()

    @property
    def in_flight(self) -> int:
        """How many orders are at the API now; from any thread."""
        return self._in_flight

    @property
    def api_fails(self) -> bool:
        """Whether the API fails for all: then an order's failure is not its own."""
        return self._account.failing

    @property
    def publisher_held(self) -> bool:
        """Whether results cannot be published now."""
        return self._publisher is not None

    @property
    def intake(self) -> Intake:
        """How many deliveries are wanted now."""
        now = self._clock.monotonic()
        if self.draining.is_set() or self._publisher is not None:
            return Intake.NONE
        if self._account.throttled_seconds(now) > LONG_THROTTLE_SECONDS:
            return Intake.NONE
        if self._account.reasons(now).keys() & {HoldReason.CIRCUIT, HoldReason.CREDENTIALS}:
            # Somebody must be there to be asked, or the hold would never end.
            asked = self._in_flight or any(not self._account.suspects(turn) for turn in self._line)
            return Intake.NONE if asked else Intake.ONE
        return Intake.FULL

    async def change(self, seen: int) -> int:
        """Wait until `intake` may have changed since version `seen`; the version that it has now.

        A change while the caller was busy is not missed: its version is not `seen` any more.
        """
        if self._version == seen:
            now = self._clock.monotonic()
            await self._clock.wait(self._changed, self._account.next_change(now))
            self._announce(self._clock.monotonic())
        return self._version

    async def _keep_time(self) -> None:
        """Serve the line when time alone lets somebody through."""
        while True:
            self._poke.clear()
            seconds = self._serve()
            self._wake_at = self._clock.monotonic() + seconds
            await self._clock.wait(self._poke, seconds)

    def _serve_and_wake(self) -> None:
        if self._clock.monotonic() + self._serve() < self._wake_at:
            self._poke.set()

    def _serve(self) -> float:
        """Let through whom the rules let through; seconds until time alone changes that."""
        now = self._clock.monotonic()
        self._turn_away(now)
        while (turn := self._next(now)) is not None:
            self._pace.take(now)
            self._in_flight += 1
            self._end(turn, self._account.send(now))
        self._announce(now)
        if not self._line:
            return inf
        return min(self._account.next_change(now), self._pace_seconds(now), self._leave_by - now)

    def _next(self, now: float) -> Turn | None:
        """The turn that may be sent now."""
        if not self._line or self._publisher is not None or self._pace.wait_seconds(now) > 0:
            return None
        if self._in_flight >= min(self._concurrency, self._account.most_in_flight(now)):
            return None
        admission = self._account.admission(now)
        if admission is Admission.NOBODY:
            return None
        if admission is Admission.ALL and not self._account.troubled:
            return self._line[0]
        fresh = next((turn for turn in self._line if not self._has_failed(turn)), None)
        failed = min(
            (turn for turn in self._line if self._may_fail_again(turn, now)),
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

    def _pace_seconds(self, now: float) -> float:
        seconds = self._pace.wait_seconds(now)
        return seconds if seconds > 0 else inf

    def _turn_away(self, now: float) -> None:
        """End the wait of those to whom it can bring nothing more."""
        held_since = self._held_since(now)
        draining, account = self.draining.is_set(), self._account
        if held_since is None and now < self._leave_by and not (draining or account.suspicious):
            return
        throttled_long = account.throttled_seconds(now) > LONG_THROTTLE_SECONDS
        # One suspect stays to be asked again; in the place of the others new ones are asked.
        spare = [turn for turn in self._line if account.suspects(turn)][1:]
        spare = spare if HoldReason.CREDENTIALS in account.reasons(now) else []
        self._leave_by = inf
        for turn in list(self._line):
            leave_by = turn.leave_by
            if held_since is not None:
                leave_by = min(leave_by, max(held_since, turn.arrived_at) + PATIENCE_SECONDS)
            if account.alone(turn):
                self._send_away(turn, TurnedAway.ALONE)
            elif draining or throttled_long or turn in spare or now >= leave_by:
                self._send_away(turn, TurnedAway.ELSEWHERE)
            else:
                self._leave_by = min(self._leave_by, leave_by)

    def _held_since(self, now: float) -> float | None:
        starts = [self._account.held_since(now), self._publisher and self._publisher[1]]
        return min((start for start in starts if start is not None), default=None)

    def _send_away(self, turn: Turn, why: TurnedAway) -> None:
        self._account.forget(turn)
        self._end(turn, why)

    def _end(self, turn: Turn, result: Attempt | TurnedAway) -> None:
        self._line.remove(turn)
        turn.result = result
        turn.came.set()

    def _announce(self, now: float) -> None:
        """Say which holds began and ended since the last time, and that the intake changed."""
        held = self._account.reasons(now)
        if self._publisher is not None:
            held[HoldReason.PUBLISHER] = self._publisher[0]
        before, self._announced = self._announced, held
        for reason in held.keys() - before.keys():
            self._emit(HoldChanged(reason, held=True, why=held[reason]))
        for reason in before.keys() - held.keys():
            self._emit(HoldChanged(reason, held=False, why=f"over: {before[reason]}"))
        if self.intake is not self._last_intake:
            self._last_intake = self.intake
            self._version += 1
            self._changed.set()
            self._changed.clear()
