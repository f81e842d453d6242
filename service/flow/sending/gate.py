"""The gate before the API: orders stand in line, and the head of it is sent when it may be.

Who may be sent is decided in `account` (the API's) and `process` (our own), how fast in `pace`, who
leaves unsent in `turning_away`, how many are taken in `intake`, with the others in `replicas`.
"""

import asyncio
from collections.abc import Callable
from math import inf
from typing import assert_never

from service.core.outcome import Accepted, Outcome, Refused
from service.flow.events import Emit
from service.flow.ports import Clock
from service.flow.sending.account import Account, Attempt
from service.flow.sending.concurrency import Concurrency
from service.flow.sending.intake import Intake
from service.flow.sending.learning import Learning
from service.flow.sending.limits import LimitsTold
from service.flow.sending.line import Line, Turn, TurnedAway
from service.flow.sending.pace import Pace
from service.flow.sending.prefetch import Prefetch
from service.flow.sending.process import Process
from service.flow.sending.replicas import Replicas
from service.flow.sending.said import State
from service.flow.sending.sharing import Alone, Sharing
from service.flow.sending.states import Admission
from service.flow.sending.timekeeper import Timekeeper
from service.flow.sending.turning_away import TurningAway


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
        self._pace = pace
        self._account = account = Account(random)
        self._replicas = Replicas(sharing, account, pace)
        self._line = line = Line(account.suspects)
        self._in_flight = 0
        self.held: Callable[[], int] = lambda: 0
        self._learning = Learning(account, self._concurrency, pace)
        self._process = process = Process()
        self._intake = Intake(prefetch, account, process, self._replicas, line, emit)
        self._turning_away = TurningAway(line, account, process)
        self._time = Timekeeper(clock, self._keep_time)
        self._limits_told = LimitsTold(emit)

    async def enter(self, turn: Turn) -> Attempt | TurnedAway:
        """Wait for the order's turn; after an `Attempt` the caller calls `leave`, come what may.

        While orders are held it waits for PATIENCE_SECONDS, and not past its `leave_by`.
        """
        self._time.start()
        self._line.add(turn)
        self._turning_away.by(turn.leave_by)
        self._serve_and_wake()
        try:
            if not turn.came.is_set():
                await turn.came.wait()
        except BaseException:
            if not turn.came.is_set():
                self._turning_away.end(turn, TurnedAway.ELSEWHERE)
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
        """Learn from the outcome of what was let through; `leave` then lets others through."""
        if self._learning.report(turn, attempt, outcome, self._in_flight, self._clock.monotonic()):
            self.tell_limits()
        if not isinstance(outcome, Accepted | Refused):
            # It may hold the orders: whoever waits for that must see it.
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
        now = self._clock.monotonic()
        if self._intake.first(now, redelivered=redelivered):
            self._intake.look(self._in_flight, now)
        if self.held() + 1 >= self._prefetch.now:
            # None of them may ever come to the line: they must not keep out those who would.
            self._follow(now)

    def consumes(self, *, consuming: bool) -> None:
        """Take note of whether deliveries arrive: else what is given back would come again."""
        self._turning_away.arriving = consuming
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
        self._process.drain()
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
        return self._intake.deliveries(self._in_flight, self._clock.monotonic())

    async def change(self, seen: int) -> int:
        """Wait until `intake` may have changed since version `seen`; the version of now."""
        await self._intake.change(seen, self._clock)
        self._intake.look(self._in_flight, self._clock.monotonic())
        return self._intake.version

    def _keep_time(self) -> float:
        seconds = self._serve(self._clock.monotonic())
        # A share can lapse, and a learned rate grow, by time alone.
        self.tell_limits()
        return seconds

    def _serve_and_wake(self) -> None:
        now = self._clock.monotonic()
        self._time.by(now + self._serve(now))

    def _serve(self, now: float) -> float:
        """Let through whom the rules let through; seconds until time alone changes that."""
        self._process.look(self._time.wake_at, now)
        self._turning_away.look(now, stands_by=self._replicas.stands_by)
        while (turn := self._next(now)) is not None:
            if not turn.alive():
                # Its delivery is another's: it must not take the slot of one that is ours.
                self._turning_away.end(turn, TurnedAway.BACK)
                continue
            self._pace.take(now)
            self._in_flight += 1
            turn.sent, turn.sent_at = True, now
            attempt = self._account.send(now)
            self._concurrency.began(attempt.number, now)
            self._line.end(turn, attempt)
        waiting = self._follow(now)
        fresh, held = self._in_flight > 0 or self._line.has_fresh, not self._process.sends
        self._replicas.weigh(now, waiting=waiting, fresh=fresh, held=held)
        return self._next_change(now) if waiting else inf

    def _follow(self, now: float) -> bool:
        """Take in as many deliveries as are of use; whether orders wait in line."""
        waiting, permits = len(self._line), self._concurrency.at(now)
        elsewhere = max(0, self.held() - self._in_flight - waiting)
        share = self._pace.share_per_second
        self._prefetch.follow(permits, share, now, elsewhere=elsewhere, waiting=waiting > 0)
        self._intake.look(self._in_flight, now)
        return waiting > 0

    def _next_change(self, now: float) -> float:
        if (seconds := self._process.catching_up_seconds(now)) > 0:
            return seconds
        return min(
            self._account.next_change(now),
            self._concurrency.next_change(now),
            self._pace.next_change(now),
            self._line.ready_in(now),
            self._turning_away.next - now,
        )

    def _next(self, now: float) -> Turn | None:
        """The turn that may be sent now."""
        if not (self._line and self._process.sends) or self._pace.wait_seconds(now) > 0:
            return None
        if self._in_flight >= min(self._concurrency.at(now), self._account.most_in_flight(now)):
            return None
        if max(self._concurrency.gap_seconds(now), self._process.catching_up_seconds(now)) > 0:
            return None
        alternating = self._account.alternating
        match self._account.admission(now):
            case Admission.ALL:
                return self._line.next(now, alternating=alternating)
            case Admission.PROBE if not self._replicas.may_probe:
                return None
            case Admission.ONE | Admission.PROBE:
                return self._line.next(now, asking=True, alternating=alternating)
            case Admission.NOBODY:
                return None
            case _ as never:  # pragma: no cover
                assert_never(never)
