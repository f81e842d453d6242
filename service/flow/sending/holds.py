"""The rules of holding: when no new order is sent, and when one is sent as a probe.

No clock and no I/O: every call gets the monotonic time. A hold for `credentials` or `circuit` ends
when a probe succeeds, one for `throttled` ends by itself, and the publisher that sets one for
`publisher` lifts it.
"""

from dataclasses import dataclass
from math import inf
from typing import assert_never

from service.core.outcome import (
    Accepted,
    Misconfigured,
    Outcome,
    Refused,
    Throttled,
    Unknown,
    Unreached,
)
from service.flow.events.labels import HoldReason

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
FAILURES_UNTIL_OPEN = 10
"""How many failures in a row, with no success between them, open the circuit."""


@dataclass(slots=True)
class _Probed:
    why: str
    since: float
    pause_seconds: float
    probe_at: float


class Holds:
    """Everything that keeps new orders from being sent."""

    def __init__(self) -> None:
        self._probed: dict[HoldReason, _Probed] = {}
        self._publisher: tuple[str, float] | None = None
        self._throttled_since = 0.0
        self._throttled_until = 0.0
        self._failures = 0

    def reasons(self, now: float) -> dict[HoldReason, str]:
        """Why no new order is sent at `now`; empty when orders are sent."""
        reasons = {reason: hold.why for reason, hold in self._probed.items()}
        if self._publisher is not None:
            reasons[HoldReason.PUBLISHER] = self._publisher[0]
        if now < self._throttled_until:
            reasons[HoldReason.THROTTLED] = "the API asks to wait"
        return reasons

    def held_since(self, now: float) -> float | None:
        """When the oldest of the present holds began."""
        starts = [hold.since for hold in self._probed.values()]
        if self._publisher is not None:
            starts.append(self._publisher[1])
        if now < self._throttled_until:
            starts.append(self._throttled_since)
        return min(starts, default=None)

    def may_probe(self, now: float) -> bool:
        """Whether one order may be sent as a probe."""
        if not self._probed or self._publisher is not None or now < self._throttled_until:
            return False
        return all(now >= hold.probe_at for hold in self._probed.values())

    def next_change(self, now: float) -> float:
        """Seconds until the time alone changes something; infinite when it never does."""
        edges = [hold.probe_at for hold in self._probed.values()]
        edges.append(self._throttled_until)
        return min((edge - now for edge in edges if edge > now), default=inf)

    def throttled_seconds(self, now: float) -> float:
        """How much of the wait that the API asked for is left."""
        return max(0.0, self._throttled_until - now)

    def throttle(self, now: float, seconds: float) -> None:
        """Send nothing for `seconds`; a longer wait that was asked for before stays."""
        if now >= self._throttled_until:
            self._throttled_since = now
        self._throttled_until = max(self._throttled_until, now + seconds)

    def hold_publisher(self, now: float, why: str) -> None:
        """Send nothing while its result could not be published."""
        self._publisher = (why, self._publisher[1] if self._publisher else now)

    def lift_publisher(self) -> None:
        """Results can be published again."""
        self._publisher = None

    def report(self, outcome: Outcome, *, probe: bool, now: float, jitter: float) -> None:
        """Learn from an attempt's outcome; `probe` says that it was a probe."""
        match outcome:
            case Misconfigured():
                self._failures = 0
                self._probed.pop(HoldReason.CIRCUIT, None)
                self._pause_longer(now, jitter, probe=probe)
                self._hold(HoldReason.CREDENTIALS, outcome.reason, now, jitter)
            case Unreached() | Unknown():
                self._failures += 1
                self._pause_longer(now, jitter, probe=probe)
                if self._failures >= FAILURES_UNTIL_OPEN:
                    self._hold(HoldReason.CIRCUIT, outcome.reason, now, jitter)
            case Throttled():
                self._failures = 0
            case Accepted() | Refused():
                self._failures = 0
                self._probed.pop(HoldReason.CIRCUIT, None)
                # Answers to what was sent before the key went bad must not lift its hold.
                if probe:
                    self._probed.pop(HoldReason.CREDENTIALS, None)
            case _ as never:  # pragma: no cover
                assert_never(never)

    def _hold(self, reason: HoldReason, why: str, now: float, jitter: float) -> None:
        if reason not in self._probed:
            pause = FIRST_PAUSE_SECONDS
            self._probed[reason] = _Probed(why, now, pause, now + _jittered(pause, jitter))

    def _pause_longer(self, now: float, jitter: float, *, probe: bool) -> None:
        """Double the pause after a probe that failed."""
        if not probe:
            return
        for hold in self._probed.values():
            hold.pause_seconds = min(hold.pause_seconds * 2, LONGEST_PAUSE_SECONDS)
            hold.probe_at = now + _jittered(hold.pause_seconds, jitter)


def _jittered(seconds: float, jitter: float) -> float:
    # Replicas that were stopped by the same fault must not probe at the same time.
    return seconds * (0.5 + jitter / 2)
