"""The gate before the API: orders stand in line, and the head of it is sent when it may be.

What concerns the API's account is decided in `account`, how fast in `pace`; here are the process's
own reasons (results that cannot be published, the end of the process), the line and the waiting.
"""

import asyncio
from collections.abc import Callable
from enum import Enum
from math import inf
from typing import assert_never

from service.core.outcome import Accepted, Outcome, Refused
from service.flow.events import Emit
from service.flow.events.labels import HoldReason
from service.flow.events.process import HoldChanged
from service.flow.ports import Clock
from service.flow.sending.account import Account, Admission, Attempt
from service.flow.sending.limits import Limits, LimitsTold
from service.flow.sending.line import Line, Turn, TurnedAway
from service.flow.sending.pace import Pace
from service.flow.sending.peers import State
from service.flow.sending.sharing import Alone, Sharing

PATIENCE_SECONDS = 300.0
"""How long a held order stays in the process: brokers take back what is unacked for 30 minutes."""

LONG_THROTTLE_SECONDS = 60.0

SHARE_SECONDS = 1.0
IDLE_WEIGHT = 0.1
BUSY_SECONDS = 10.0
"""How long after orders waited the full part is asked for still."""


class Intake(Enum):
    """How many deliveries are wanted."""

    NONE = "none"
    ONE = "one"
    FULL = "full"


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
        sharing: Sharing | None = None,
    ) -> None:
        self._clock = clock
        self._sharing = sharing or Alone()
        self._emit = emit
        self._concurrency = concurrency
        self._pace = pace
        self._account = Account(random)
        self._publisher: tuple[str, float] | None = None
        self._line = Line(self._account)
        self._in_flight = 0
        self._own_limit = pace.limit_per_second
        self._heard_ceiling = inf
        self._others_fail = False
        self._busy_until = -inf
        self._weight = IDLE_WEIGHT
        self._limits_told = LimitsTold(emit)
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
        if self._timekeeper is None or self._timekeeper.done():
            self._timekeeper = asyncio.create_task(self._keep_time())
        self._line.add(turn)
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
            self.tell_limits()
        self._serve_and_wake()

    def hear(self) -> None:
        """Take over what the other replicas know, which has changed."""
        common, now = self._sharing.common(), self._clock.monotonic()
        self._account.wait_until(common.not_before, now)
        ceiling = common.ceiling or inf
        # Only what is news: one that idles says its old ceiling for ever.
        if ceiling < self._heard_ceiling:
            self._pace.lower(ceiling)
        self._heard_ceiling = ceiling
        budgets = [each for each in (self._own_limit, common.budget) if each is not None]
        self._pace.limit_per_second = min(budgets, default=None)
        if self._others_fail and not common.circuit:
            self._account.close_circuit()
        self._others_fail = common.circuit
        self.tell_limits()
        self._serve_and_wake()

    def tell_limits(self) -> None:
        """Say what limits sending now, where that is clearly another."""
        learned = self._pace.learned_per_second
        limits = Limits(
            concurrency=self._concurrency,
            set_per_second=self._pace.limit_per_second,
            ceiling_per_second=None if learned == inf else learned,
            share=self._sharing.share(),
            peers=self._sharing.count(),
        )
        self._limits_told.look(limits, self._clock.monotonic())

    def state(self) -> State:
        """What the other replicas are to know of this one."""
        now = self._clock.monotonic()
        learned = self._pace.learned_per_second
        return State(
            weight=self._weight,
            not_before_in=self._account.asked_seconds(now),
            ceiling=None if learned == inf else learned,
            budget=self._own_limit,
            circuit=self._account.failing,
        )

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
            # A share can lapse, and a learned rate grow, by time alone.
            self.tell_limits()
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
            self._line.end(turn, self._account.send(now))
        self._announce(now)
        self._weigh(now)
        if not self._line:
            return inf
        return min(self._account.next_change(now), self._pace_seconds(now), self._leave_by - now)

    def _next(self, now: float) -> Turn | None:
        """The turn that may be sent now."""
        if not self._line or self._publisher is not None or self._pace.wait_seconds(now) > 0:
            return None
        if self._in_flight >= min(self._concurrency, self._account.most_in_flight(now)):
            return None
        match self._account.admission(now):
            case Admission.ALL:
                return self._line.next(now, probe=False)
            case Admission.PROBE if not (self._others_fail and self._account.failing):
                return self._line.next(now, probe=True)
            case Admission.PROBE if self._sharing.leads():
                # One probes for all replicas.
                return self._line.next(now, probe=True)
            case Admission.PROBE | Admission.NOBODY:
                return None
            case _ as never:  # pragma: no cover
                assert_never(never)

    def _weigh(self, now: float) -> None:
        """Ask for as large a part of the limits as is of use."""
        if self._line:
            self._busy_until = now + BUSY_SECONDS
        weight = 1.0 if now < self._busy_until else IDLE_WEIGHT
        if self._publisher is not None or self.draining.is_set():
            weight = 0.0
        if weight != self._weight:
            self._weight = weight
            self._sharing.changed()

    def _pace_seconds(self, now: float) -> float:
        seconds = self._pace.wait_seconds(now)
        # A share can come by time alone.
        return min(seconds, SHARE_SECONDS) if seconds > 0 else inf

    def _turn_away(self, now: float) -> None:
        """End the wait of those to whom it can bring nothing more."""
        held_since = self._held_since(now)
        draining, account = self.draining.is_set(), self._account
        if held_since is None and now < self._leave_by and not (draining or account.suspicious):
            return
        throttled_long = account.throttled_seconds(now) > LONG_THROTTLE_SECONDS
        # One suspect stays to be asked again; in the place of the others new ones are asked.
        spare = self._line.suspects()[1:]
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
        self._line.end(turn, why)

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
