"""What the API's answers say about the account, and who may be sent for it: pure rules.

The states and what moves them are tables in `states`; here answers become signals, with the times
and counts that the tables do not have. Attempts have numbers in the order in which they are sent:
what a later one meets says what an earlier one could not have met for the account's sake.
"""

from collections.abc import Callable, Hashable
from math import ceil, inf
from typing import assert_never

from service.core.outcome import (
    Accepted,
    Outcome,
    Refused,
    Suspected,
    Throttled,
    Unknown,
    Unreached,
)
from service.core.record import record
from service.flow.events.labels import HoldReason
from service.flow.sending import why as sentences
from service.flow.sending.asking import LONGEST_PAUSE_SECONDS, Asking
from service.flow.sending.reasons import Reasons
from service.flow.sending.sharing import Common
from service.flow.sending.states import Admission, Circuit, Key, Limit, Signal, States
from service.flow.sending.suspects import Suspects
from service.flow.sending.waits import Waits

FAILURES_TO_OPEN = 20
"""In a row, of all replicas together: an API that serves three of ten is congested, not away."""

FEWEST_FAILURES = 3
"""Of one replica: with many, each meets so few of the 20 that two could be chance."""

UNPROVEN, UNPROVEN_EACH = 2, 1
"""Orders in flight at the start, alone and beside others: a wrong key costs few calls."""

OTHERS_TELL_SECONDS = 0.5
"""What others meet is known so soon: where nobody was served yet, no second order is asked."""


@record(frozen=True, slots=True)
class Attempt:
    """One sending of an order; `probe` says that it finds out for the others."""

    number: int
    probe: bool = False


class Account:
    """One account of the API as this replica knows it; all times are monotonic seconds."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._states = States()
        self._reasons = Reasons()
        self._others = Common()
        self._sent = 0
        self._first_sent_at: float | None = None
        self._answers = 0
        self._served_at = -inf
        self._troubled_at = -inf
        self._failures = 0
        self._asking = Asking()
        self.suspects = Suspects()
        self.waits = Waits()

    def admission(self, now: float) -> Admission:
        """Who may be sent at `now`."""
        if self._states.admits is Admission.ALL:
            return Admission.ALL
        self._end_wait(now)
        admission = self._states.admits
        if admission in (Admission.ONE, Admission.PROBE) and now < self._asking.at:
            return Admission.NOBODY
        return admission

    def most_in_flight(self, now: float) -> float:
        """Few at the start, one more with each answer, and twice as many in a second without."""
        first = UNPROVEN_EACH if self._others.busy else UNPROVEN
        if self._answers:
            return first + self._answers
        silent_seconds = 0.0 if self._first_sent_at is None else now - self._first_sent_at
        return first * 2.0 ** min(20, int(silent_seconds))

    @property
    def failing(self) -> bool:
        """Whether the circuit is open: an order that fails now fails for the API's sake."""
        return self._states.circuit is Circuit.OPEN

    @property
    def alternating(self) -> bool:
        """Whether orders that failed and fresh ones are to be sent in turn."""
        return self._failures > 0

    @property
    def troubled(self) -> bool:
        """Whether this replica is served nothing, as far as it knows."""
        return self._states.troubled

    @property
    def one_asks_for_all(self) -> bool:
        """Whether the replica that leads asks, and no other."""
        return self._states.admits is Admission.PROBE and self._others.troubled

    @property
    def held(self) -> bool:
        """Whether anything is not as it should be; where nothing is, time alone changes little."""
        return self._reasons.hold

    def probing_seconds(self, now: float) -> float:
        """How long nothing but probes has been sent; 0 where more is."""
        since = self._reasons.since() if self._states.probing else None
        return 0.0 if since is None else now - since

    def served_ago(self, now: float) -> float | None:
        """How long ago the API served an order of this replica; None where it never did."""
        return None if self._served_at == -inf else now - self._served_at

    def send(self, now: float) -> Attempt:
        """Number an attempt that `admission` allows at `now`."""
        admission = self.admission(now)
        self._asking.sent(admission, now)
        if self._first_sent_at is None:
            self._first_sent_at = now
        self._sent += 1
        return Attempt(self._sent, admission is not Admission.ALL)

    def hear(self, common: Common, now: float) -> None:
        """Take over what the other replicas meet."""
        self._others = common
        self._end_wait(now)
        before = self._states.admits
        if self.waits.hear(common.not_before, now):
            self._signal(Signal.THROTTLED, now)
        self.suspects.others_served(common.served_at)
        if common.served_at > max(self._troubled_at, self.waits.until):
            self._served(now)
            self._signal(Signal.CLEARED, now)
        self._compare(now, sentences.NO_REPLICA_IS_SERVED)
        if self._states.admits is Admission.PROBE and before is not Admission.PROBE:
            self._pause(now)

    def report(self, attempt: Attempt, order: Hashable, outcome: Outcome, now: float) -> None:
        """Learn from what an order's attempt met."""
        self._end_wait(now)
        before = self._states.admits
        self._answers += not isinstance(outcome, Suspected | Throttled)
        self.suspects.forget(order)
        match outcome:
            case Accepted() | Refused():
                self._served_at = now
                self._served(now)
                if self.suspects.served(attempt.number):
                    self._signal(Signal.CLEARED, now)
            case Suspected():
                self._suspect(attempt, order, sentences.suspected(outcome), now)
            case Unreached() | Unknown():
                self._fail(sentences.failing(outcome), now)
            case Throttled():
                self._throttle(attempt, outcome.retry_after_seconds, now)
            case _ as never:  # pragma: no cover
                assert_never(never)
        if attempt.probe or (
            self._states.admits is Admission.PROBE and before is not Admission.PROBE
        ):
            self._pause(now)

    def reasons(self, now: float) -> dict[HoldReason, str]:
        """Why not all orders are sent at `now`; empty where they are."""
        if not self._reasons.hold:
            return {}
        self._end_wait(now)
        return self._reasons.told(self._states, self.waits, now)

    def held_since(self) -> float | None:
        """When the oldest of the present holds began."""
        return self._reasons.since()

    def next_change(self, now: float) -> float:
        """Seconds until time alone changes something; infinite where it never does."""
        held = self._reasons.hold or self.suspects
        if not held and self._answers and now >= self._asking.at:
            return inf
        edges = [self.waits.until, self._asking.at]
        if self._states.key is Key.SUSPECTED:
            edges.append(self._reasons.confirmed_at)
        if not self._answers and self._first_sent_at is not None:
            edges.append(self._first_sent_at + int(now - self._first_sent_at) + 1)
        seconds = [edge - now for edge in edges if edge > now]
        return min(self.suspects.next_change(now), *seconds, inf)

    def _signal(self, signal: Signal, now: float, why: str = "") -> None:
        """Keep why and since when each of the three is not as it should be."""
        if self._states.learn(signal):
            self._reasons.become(self._states, why, now)

    def _served(self, now: float) -> None:
        self._failures = 0
        self._asking.served()
        self.waits.served()
        self._signal(Signal.SERVED, now)

    def _suspect(self, attempt: Attempt, order: Hashable, reason: str, now: float) -> None:
        # Where no other order is there to ask, it finds out itself.
        again_at = now + LONGEST_PAUSE_SECONDS * (0.5 + self._random() / 2)
        if not self.suspects.add(order, attempt.number, now, again_at):
            return
        self._troubled_at = now
        if self._states.key is Key.TRUSTED:
            # Another tells whose fault it is: at the start, the first ones of the others.
            unproven = max(self._served_at, self._others.served_at) == -inf
            waits = unproven and self._others.busy
            self._asking.ask_at(now + OTHERS_TELL_SECONDS if waits else now)
        self._signal(Signal.SUSPECTED, now, reason)
        self._compare(now)

    def _fail(self, reason: str, now: float) -> None:
        self._failures += 1
        self._troubled_at = now
        if self._failures >= max(FEWEST_FAILURES, ceil(FAILURES_TO_OPEN / self._others.busy_with)):
            self._signal(Signal.FAILED, now)
        self._compare(now, reason)

    def _compare(self, now: float, why: str = "") -> None:
        """See whether what this replica meets is what all meet."""
        others_fail = bool(self._others.busy) and self._others.troubled
        if others_fail and self._served_at == -inf and not self.troubled:
            # It need not find out itself what they did.
            self._troubled_at = now
            self._signal(Signal.OTHERS_FAIL, now, why)
        if self._others.troubled or self._failures >= FAILURES_TO_OPEN:
            self._signal(Signal.ALL_FAIL, now, why)
        if self.suspects.enough() or others_fail:
            self._signal(Signal.CONFIRMED, now)

    def _pause(self, now: float) -> None:
        refused, doubted = self._states.key is Key.REFUSED, self._states.circuit is Circuit.DOUBTED
        self._asking.pause(self._states.admits, now, refused=refused, doubted=doubted)

    def _throttle(self, attempt: Attempt, told_seconds: float | None, now: float) -> None:
        # Nothing served since the last wait is an outage, whatever it is called.
        least = self._asking.pause_seconds if self._states.limit is Limit.PROBING else 0.0
        if not self.waits.ask(attempt.number, self._sent, told_seconds, least, now, self._random()):
            return
        if least:
            self._asking.lengthen()
        self._troubled_at = now
        self._signal(Signal.THROTTLED, now)

    def _end_wait(self, now: float) -> None:
        if self._states.limit in (Limit.WAITING, Limit.WAITING_AGAIN) and self.waits.over(now):
            self._signal(Signal.WAITED, now)
