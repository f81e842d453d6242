"""The gate before the API: orders stand in line, and the head of it is sent when it may be.

Who may be sent is decided in `account` (the API's) and `process` (our own), how fast in `pace`, who
leaves unsent in `leaving`; what the replicas tell each other passes through `replicas`. Here are
the line, the clock and the waiting.
"""

import asyncio
from collections.abc import Callable
from math import inf
from typing import assert_never

from service.core.outcome import Accepted, Outcome, Refused, Throttled, Unknown, Unreached
from service.flow.events import Emit
from service.flow.events.labels import HoldReason
from service.flow.ports import Clock
from service.flow.sending.account import Account, Attempt
from service.flow.sending.announcing import Holds, Wanted
from service.flow.sending.concurrency import Concurrency
from service.flow.sending.leaving import (
    LONG_WAIT_SECONDS,
    SHORT_HOLD_SECONDS,
    Situation,
    leave_by,
    leaving,
)
from service.flow.sending.limits import LimitsTold
from service.flow.sending.line import Line, Turn, TurnedAway
from service.flow.sending.pace import Pace
from service.flow.sending.prefetch import Prefetch
from service.flow.sending.process import Process
from service.flow.sending.replicas import Replicas
from service.flow.sending.said import State
from service.flow.sending.sharing import Alone, Sharing
from service.flow.sending.states import Admission

SHARE_SECONDS = 1.0

LOOK_SECONDS = 10.0
"""At the latest: one that was stopped for so long that the broker gave its orders to another
notices that by it."""


class Gate:
    """Lets orders through to the API, one permit each."""

    def __init__(
        self,
        clock: Clock,
        emit: Emit,
        *,
        concurrency: int,
        prefetch: Prefetch,
        pace: Pace,
        random: Callable[[], float],
        sharing: Sharing | None = None,
    ) -> None:
        self._clock = clock
        sharing = sharing or Alone()
        self._concurrency = Concurrency(concurrency, sharing.count, random)
        self._prefetch = prefetch
        self._beginning = prefetch.beginning
        self._pace = pace
        self._account = Account(random)
        self._replicas = Replicas(sharing, self._account, pace)
        self._line = Line(self._account.suspects)
        self._in_flight = 0
        self.held: Callable[[], int] = lambda: 0
        self._last_throttled: Turn | None = None
        self._process = Process()
        self._leave_by = inf
        self._timekeeper: asyncio.Task[None] | None = None
        self._poke = asyncio.Event()
        self._wake_at = inf
        self._consuming = False
        self._wanted = Wanted(prefetch.now)
        self._limits_told = LimitsTold(emit)
        self._holds = Holds(emit)

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
                self.leave(turn.result)
            raise
        return turn.result

    def leave(self, attempt: Attempt) -> None:
        """Give the permit back."""
        self._in_flight -= 1
        self._concurrency.left(attempt.number)
        self._serve_and_wake()

    def report(self, turn: Turn, attempt: Attempt, outcome: Outcome) -> None:
        """Learn from the outcome of what was let through."""
        now, waits = self._clock.monotonic(), self._account.waits
        asked = waits.asked
        self._account.report(attempt, turn, outcome, now)
        if not isinstance(outcome, Throttled):
            seconds, failed = now - turn.sent_at, isinstance(outcome, Unknown | Unreached)
            self._concurrency.ended(seconds, self._in_flight, now, failed=failed)
        if isinstance(outcome, Throttled):
            turn.throttle(told=outcome.retry_after_seconds is not None, until=waits.until)
            # The same one again says nothing of the rate.
            if waits.asked > asked and turn is not self._last_throttled:
                self._pace.throttled(now, waits.seconds(now))
                self.tell_limits()
            self._last_throttled = turn
        elif isinstance(outcome, Accepted | Refused):
            self._pace.served(now)
        self._serve_and_wake()

    def hear(self) -> None:
        """Take over what the other replicas know, which has changed."""
        self._replicas.hear(self._clock.monotonic())
        self._serve_and_wake()
        self.tell_limits()

    def tell_limits(self) -> None:
        """Say what limits sending now, where that is clearly another."""
        limits = self._replicas.limits(self._concurrency.limit)
        self._limits_told.look(limits, self._clock.monotonic())

    def state(self) -> State:
        """What the other replicas are to know of this one."""
        return self._replicas.state(self._clock.monotonic())

    def arrived(self, *, redelivered: bool) -> None:
        """Take note of a delivery: after a crash few are taken in at first."""
        if self._beginning.decides(self._clock.monotonic(), redelivered=redelivered):
            self._wanted.become(self.intake)
        if self.held() + 1 >= self._prefetch.now:
            # None of them may ever come to the line: they must not keep out those who would.
            self._serve_and_wake()

    def consumes(self, *, consuming: bool) -> None:
        """Take note of whether deliveries arrive: else what is given back would come again."""
        self._consuming = consuming
        self._serve_and_wake()

    def hold_publisher(self, why: str) -> None:
        """Let nothing through while results cannot be published."""
        self._process.hold_publisher(why, self._clock.monotonic())
        self._serve_and_wake()

    def lift_publisher(self) -> None:
        """Results can be published again."""
        self._process.lift_publisher()
        self._serve_and_wake()

    def drain(self) -> None:
        """Turn away everyone who waits, and those who come later."""
        self.draining.set()
        self._serve_and_wake()

    @property
    def draining(self) -> asyncio.Event:
        """Set when the process ends."""
        return self._process.draining

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
        return self._process.unpublished is not None

    @property
    def stands_by(self) -> bool:
        """Whether other replicas send for this one."""
        return self._replicas.stands_by

    @property
    def most_held(self) -> int:
        """How many deliveries may be held at most."""
        return self._prefetch.most

    @property
    def intake(self) -> int:
        """How many deliveries are wanted unacked at a time; 0 for none."""
        now = self._clock.monotonic()
        return self._intake(self._account.reasons(now), now)

    def _intake(self, held: dict[HoldReason, str], now: float) -> int:
        account = self._account
        if not self._process.sends or self._replicas.stands_by:
            return 0
        if account.waits.seconds(now) > LONG_WAIT_SECONDS:
            return 0
        asking = HoldReason.CIRCUIT in held or HoldReason.CREDENTIALS in held
        if asking or account.probing_seconds(now) >= SHORT_HOLD_SECONDS:
            # Somebody must be there to be asked, or the hold would never end.
            asked = self._in_flight or any(turn.fresh for turn in self._line)
            return 0 if asked else 1
        return int(min(self._prefetch.now, self._beginning.most(now)))

    async def change(self, seen: int) -> int:
        """Wait until `intake` may have changed since version `seen`; the version of now."""
        now = self._clock.monotonic()
        seconds = min(self._account.next_change(now), self._beginning.next_change(now))
        await self._wanted.change(seen, self._clock, seconds)
        self._announce(self._clock.monotonic())
        return self._wanted.version

    async def _keep_time(self) -> None:
        """Serve the line when time alone lets somebody through."""
        while True:
            self._poke.clear()
            seconds = min(self._serve(), LOOK_SECONDS)
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
        self._process.look(self._wake_at, now)
        self._turn_away(now)
        while (turn := self._next(now)) is not None:
            if not turn.alive():
                # Its delivery is another's: it must not take the slot of one that is ours.
                self._send_away(turn, TurnedAway.BACK)
                continue
            self._pace.take(now)
            self._in_flight += 1
            turn.sent, turn.sent_at = True, now
            attempt = self._account.send(now)
            self._concurrency.began(attempt.number, now)
            self._line.end(turn, attempt)
        self._prefetch.follow(
            self._concurrency.at(now),
            self._pace.share_per_second,
            now,
            elsewhere=max(0, self.held() - self._in_flight - len(self._line)),
            waiting=bool(self._line),
        )
        self._announce(now)
        self._replicas.weigh(now, waiting=bool(self._line), held=not self._process.sends)
        if not self._line:
            return inf
        waits = (self._pace_seconds(now), self._line.ready_in(now), self._leave_by - now)
        if (seconds := self._process.catching_up_seconds(now)) > 0:
            return seconds
        return min(self._account.next_change(now), self._concurrency.next_change(now), *waits)

    def _next(self, now: float) -> Turn | None:
        """The turn that may be sent now."""
        if not (self._line and self._process.sends) or self._pace.wait_seconds(now) > 0:
            return None
        if self._in_flight >= min(self._concurrency.at(now), self._account.most_in_flight(now)):
            return None
        if max(self._concurrency.gap_seconds(now), self._process.catching_up_seconds(now)) > 0:
            return None
        admission, alternating = self._account.admission(now), self._account.alternating
        match admission:
            case Admission.ALL:
                return self._line.next(now, alternating=alternating)
            case Admission.ONE:
                return self._line.next(now, asking=True, alternating=alternating)
            case Admission.PROBE if self._replicas.may_probe:
                return self._line.next(now, asking=True, alternating=alternating)
            case Admission.PROBE | Admission.NOBODY:
                return None
            case _ as never:  # pragma: no cover
                assert_never(never)

    def _pace_seconds(self, now: float) -> float:
        seconds = self._pace.wait_seconds(now)
        # A share can come by time alone.
        return min(seconds, SHARE_SECONDS) if seconds > 0 else inf

    def _turn_away(self, now: float) -> None:
        """End the wait of those to whom it can bring nothing more."""
        account, process = self._account, self._process
        starts = (account.held_since(), process.held_since)
        held_since = min((start for start in starts if start is not None), default=None)
        ends = process.draining.is_set()
        stands_by = self._replicas.stands_by
        nobody = not (ends or account.suspects or stands_by)
        if held_since is None and now < self._leave_by and nobody:
            return
        situation = Situation(
            now=now,
            ends=ends,
            arriving=self._consuming,
            held_since=held_since,
            wait_seconds=account.waits.seconds(now),
            probing_seconds=account.probing_seconds(now),
            refused=HoldReason.CREDENTIALS in account.reasons(now),
            stands_by=stands_by,
        )
        for turn, why in leaving(tuple(self._line), account.suspects, situation):
            self._send_away(turn, why)
        self._leave_by = min((leave_by(turn, situation) for turn in self._line), default=inf)

    def _send_away(self, turn: Turn, why: TurnedAway) -> None:
        self._account.suspects.forget(turn)
        self._line.end(turn, why)

    def _announce(self, now: float) -> None:
        """Say what holds orders now, and how many deliveries are wanted."""
        held = self._account.reasons(now)
        if self._process.unpublished is not None:
            held[HoldReason.PUBLISHER] = self._process.unpublished
        self._holds.become(held)
        intake = self._intake(held, now)
        if intake == 0:
            self._prefetch.anew()
        self._wanted.become(intake)
