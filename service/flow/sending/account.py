"""What the API's answers say about the account, and who may be sent for it: pure rules.

| an attempt | suspicion (`credentials`)       | circuit (`circuit`)  | throttled       |
|------------|---------------------------------|----------------------|-----------------|
| served     | over; earlier suspects are alone| closed; trust + 10   | own wait is 1 s |
| suspected  | begins, unless a later is served| as it is             | as it is        |
| failed     | as it is                        | trust - 1; opens at 0| as it is        |
| throttled  | as it is                        | as it is             | until told      |

Attempts have numbers in the order in which they are sent: what a later one meets says what an
earlier one could not have met for the account's sake. While one of the first two holds, one order
is sent at a time to find out (a probe), and every second or so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import inf
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
from service.flow.events.labels import HoldReason
from service.flow.sending import why

FULL_TRUST = 30
"""Failures with no success between them that open the circuit."""

TRUST_FOR_SUCCESS = 10
"""An API that serves one of ten is congested, not away: it is sent to on."""

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 3.0
"""Between two probes; so long an outage can last longer than it did."""

SUSPECTS_UNTIL_CONFIRMED = 3
"""Two may be bad neighbours that happen to follow each other."""

UNCONFIRMED_SECONDS = 1.0
"""How long a suspicion may be one order's before it is said to be the account's."""

LONGEST_OWN_WAIT_SECONDS = 30.0
LONGEST_TOLD_SECONDS = 3_600.0

UNPROVEN = 2
"""Orders in flight at the start: a wrong key or a low limit is found out with few calls."""


class Admission(Enum):
    """Who may be sent now."""

    ALL = "all"
    PROBE = "probe"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sending of an order; `probe` says that it finds out for the others."""

    number: int
    probe: bool = False


@dataclass(frozen=True, slots=True)
class _Hold:
    why: str
    since: float


class Account:
    """The holds of one account of the API; all times are monotonic seconds."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._sent = 0
        self._served = 0
        self._first_sent_at: float | None = None
        self._answers = 0
        self._suspects: dict[object, tuple[int, float]] = {}
        self._last_suspected = 0
        self._credentials: _Hold | None = None
        self._confirmed = False
        self._circuit: _Hold | None = None
        self._trust = FULL_TRUST
        self._probe_at = 0.0
        self._pause_seconds = FIRST_PAUSE_SECONDS
        self._throttled: tuple[float, float] = (0.0, 0.0)
        self._throttled_from = 0
        self._asked_until = 0.0
        self._own_wait_seconds = FIRST_PAUSE_SECONDS

    def admission(self, now: float) -> Admission:
        """Who may be sent at `now`."""
        if now < self._throttled[1]:
            return Admission.NOBODY
        if self._credentials is None and self._circuit is None:
            return Admission.ALL
        return Admission.PROBE if now >= self._probe_at else Admission.NOBODY

    def most_in_flight(self, now: float) -> float:
        """Few at the start, one more with each answer, and twice as many in a second without."""
        if self._answers:
            return UNPROVEN + self._answers
        silent_seconds = 0.0 if self._first_sent_at is None else now - self._first_sent_at
        return UNPROVEN * 2.0 ** min(20, int(silent_seconds))

    @property
    def failing(self) -> bool:
        """Whether the circuit is open: an order that fails now fails for the API's sake."""
        return self._circuit is not None

    @property
    def troubled(self) -> bool:
        """Whether orders that failed and fresh ones are to be sent in turn."""
        return self._trust < FULL_TRUST

    def send(self, now: float) -> Attempt:
        """Number an attempt that `admission` allows at `now`."""
        probe = self.admission(now) is Admission.PROBE
        if probe:
            # Not until it is answered: a probe that hangs would keep all others waiting.
            self._probe_at = now + LONGEST_PAUSE_SECONDS
        if self._first_sent_at is None:
            self._first_sent_at = now
        self._sent += 1
        return Attempt(self._sent, probe)

    def wait_until(self, moment: float, now: float) -> None:
        """Keep a wait that the API has asked another process for."""
        since, until = self._throttled
        if moment > max(now, until):
            self._throttled = (now if now >= until else since, moment)

    def close_circuit(self) -> None:
        """Let all go on: orders are served again, here or elsewhere."""
        if self._circuit is not None:
            self._circuit, self._trust = None, FULL_TRUST - 1

    def report(self, attempt: Attempt, order: object, outcome: Outcome, now: float) -> None:
        """Learn from what an order's attempt met."""
        self._answers += not isinstance(outcome, Suspected | Throttled)
        self._suspects.pop(order, None)
        match outcome:
            case Accepted() | Refused():
                self._serve(attempt)
            case Suspected():
                self._suspect(attempt, order, why.suspected(outcome), now)
            case Unreached() | Unknown():
                self._fail(attempt, why.failing(outcome), now)
            case Throttled():
                self._throttle(attempt, outcome.retry_after_seconds, now)
            case _ as never:  # pragma: no cover
                assert_never(never)

    @property
    def suspicious(self) -> bool:
        """Whether anything is to be found out about any order."""
        return bool(self._suspects)

    def suspects(self, order: object) -> bool:
        """Whether the last attempt of `order` may have failed for the account's sake."""
        return order in self._suspects

    def alone(self, order: object) -> bool:
        """Whether `order` was suspected, and the account has served a later one."""
        number, _ = self._suspects.get(order, (inf, 0.0))
        return number < self._served

    def may_ask_again(self, order: object, now: float) -> bool:
        """Whether a suspect may probe: others are asked first, and it not in a hot loop."""
        _, at = self._suspects.get(order, (0, 0.0))
        return now >= at

    def forget(self, order: object) -> None:
        """Nothing is to be found out about `order` any more."""
        self._suspects.pop(order, None)

    def reasons(self, now: float) -> dict[HoldReason, str]:
        """Why not all orders are sent at `now`; empty where they are."""
        reasons = {}
        if self._credentials is not None and self._is_confirmed(self._credentials, now):
            reasons[HoldReason.CREDENTIALS] = self._credentials.why
        if self._circuit is not None:
            reasons[HoldReason.CIRCUIT] = self._circuit.why
        since, until = self._throttled
        if now < until:
            asked_here = self._asked_until >= until
            reasons[HoldReason.THROTTLED] = why.throttled(until - since, asked_here=asked_here)
        return reasons

    def held_since(self, now: float) -> float | None:
        """When the oldest of the present holds began."""
        starts = [hold.since for hold in (self._credentials, self._circuit) if hold is not None]
        if now < self._throttled[1]:
            starts.append(self._throttled[0])
        return min(starts, default=None)

    def throttled_seconds(self, now: float) -> float:
        """How long the API asks to wait still."""
        return max(0.0, self._throttled[1] - now)

    def asked_seconds(self, now: float) -> float:
        """The same, as far as it was this process that was asked: what others know is not said."""
        return max(0.0, self._asked_until - now)

    def next_change(self, now: float) -> float:
        """Seconds until time alone changes something; infinite where it never does."""
        edges = [self._throttled[1]]
        if self._credentials is not None:
            edges.append(self._credentials.since + UNCONFIRMED_SECONDS)
        if self._credentials is not None or self._circuit is not None:
            edges.append(self._probe_at)
            edges.extend(at for _, at in self._suspects.values())
        if not self._answers and self._first_sent_at is not None:
            edges.append(self._first_sent_at + int(now - self._first_sent_at) + 1)
        return min((edge - now for edge in edges if edge > now), default=inf)

    def _is_confirmed(self, hold: _Hold, now: float) -> bool:
        return self._confirmed or now >= hold.since + UNCONFIRMED_SECONDS

    def _serve(self, attempt: Attempt) -> None:
        self._served = max(self._served, attempt.number)
        self._trust = min(FULL_TRUST, self._trust + TRUST_FOR_SUCCESS)
        self.close_circuit()
        self._own_wait_seconds = FIRST_PAUSE_SECONDS
        if self._last_suspected < self._served:
            self._credentials, self._confirmed = None, False
        self._pause_seconds = FIRST_PAUSE_SECONDS

    def _suspect(self, attempt: Attempt, order: object, reason: str, now: float) -> None:
        # Where no other order is there to ask, it finds out itself.
        again_at = now + LONGEST_PAUSE_SECONDS * (0.5 + self._random() / 2)
        self._suspects[order] = (attempt.number, again_at)
        self._last_suspected = max(self._last_suspected, attempt.number)
        if attempt.number < self._served:
            return
        if self._credentials is None:
            self._credentials = _Hold(reason, now)
        unserved = [number for number, _ in self._suspects.values() if number > self._served]
        self._confirmed = self._confirmed or len(unserved) >= SUSPECTS_UNTIL_CONFIRMED
        if self._confirmed:
            self._pause(now)
        else:
            # Another order is asked at once: until then nobody knows whose fault it is.
            self._probe_at = now

    def _fail(self, attempt: Attempt, reason: str, now: float) -> None:
        self._trust = max(0, self._trust - 1)
        opens = self._trust == 0 and self._circuit is None
        if opens:
            self._circuit = _Hold(reason, now)
        if opens or attempt.probe:
            self._pause(now)

    def _pause(self, now: float) -> None:
        # Replicas that were stopped by the same fault must not probe in step.
        self._probe_at = now + self._pause_seconds * (0.5 + self._random() / 2)
        self._pause_seconds = min(self._pause_seconds * 1.5, LONGEST_PAUSE_SECONDS)

    def _throttle(self, attempt: Attempt, told_seconds: float | None, now: float) -> None:
        if attempt.probe:
            # It has found out nothing: another goes when the wait is over.
            self._probe_at = now
        new = attempt.number > self._throttled_from
        seconds = self._own_wait_seconds * (0.5 + self._random() / 2)
        if told_seconds is not None:
            # "After 0 seconds", said again and again, would be called in a hot loop.
            seconds = min(max(told_seconds, self._random() / 2), LONGEST_TOLD_SECONDS)
        elif new:
            # Answers to what was sent before the wait began say nothing new about its length.
            self._own_wait_seconds = min(self._own_wait_seconds * 2, LONGEST_OWN_WAIT_SECONDS)
        else:
            return
        since, until = self._throttled
        self._throttled = (now if now >= until else since, max(until, now + seconds))
        self._throttled_from = self._sent
        self._asked_until = self._throttled[1]
