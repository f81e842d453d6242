"""The pace: slots for sending, evenly spaced, taken when an order is sent and never ahead.

Where no rate is set it is learned, and so it is where the one that is set is too high:

| phase     | the pace grows                          | the first 429 ends it, and the ceiling is |
|-----------|-----------------------------------------|-------------------------------------------|
| free      | up to the limit that is set, or without | what was served in the second before      |
| doubling  | twofold each second                     | what was served just before               |
| searching | 5 % a second                            | what was served just before               |
| steady    | 1.2 % a second, long after a 429        | the same; 5 % less where it comes again   |

Sending goes on a little below the ceiling; after each wait it begins at half.
"""

from collections import deque
from collections.abc import Callable
from enum import Enum
from math import inf

BELOW_THE_LIMIT = 0.982
"""The API's clock and ours differ, and calls arrive less evenly than they are sent."""

LATE_SECONDS = 0.01
BURST_SECONDS = 0.1
"""How late a slot may be taken without moving the next: the loop wakes a little late each time.

A stall of the loop is longer, and is not made up for: the calls would come in a burst. Where a
tenth of a second holds no two calls, an API that counts so takes none that is early.
"""

SLOWEST, FIRST_GUESS = 0.1, 10.0
RAMP_SECONDS = 2.0
SAMPLE = 16
SHORTEST_WINDOW_SECONDS, LONGEST_WINDOW_SECONDS = 1.0, 5.0
"""What was served is counted over the time of SAMPLE orders, within these bounds."""

AGAIN_SECONDS = 10.0
LESS = 0.95
VAIN_UNTIL_HALVED = 4
VAIN_SECONDS = 4.0
IN_USE = 0.4
"""Where less of the pace is used, a 429 is more likely one order's than the rate's."""

FASTER_SECONDS = 10.0
"""The tries become bolder by this: a limit that was doubled is found in half a minute."""

SHORTEST_QUIET_SECONDS, LONGEST_QUIET_SECONDS = 20.0, 120.0
QUIET_FOR_A_HOLD = 50.0
"""A try of the limit can cost a hold of everybody: the longer that was, the rarer the tries."""


class Phase(Enum):
    """How much is known of the API's limit; the value is how the pace grows in a second."""

    FREE = 1.0
    DOUBLING = 2.0
    SEARCHING = 1.05
    STEADY = 1.012


class Pace:
    """Rates are of the whole account, of which `share` is this process's; times are monotonic."""

    def __init__(
        self, limit_per_second: float | None, share: Callable[[], float] = lambda: 1.0
    ) -> None:
        self.limit_per_second = limit_per_second
        self._share = share
        self.learned_per_second = inf
        self._phase = Phase.FREE
        self._last_slot = -inf
        self._last_taken = -inf
        self._resumed_at = -inf
        self._quiet_until = -inf
        self._vain = 0
        self._vain_at = -inf
        self._served: deque[float] = deque(maxlen=5_000)
        self._sent: deque[float] = deque(maxlen=5_000)

    def rate_per_second(self, now: float) -> float:
        """How many orders a second may be sent at `now`; infinite where nothing limits it."""
        ramp = min(1.0, 0.5 + max(0.0, now - self._resumed_at) / (2 * RAMP_SECONDS))
        return self.share_per_second * BELOW_THE_LIMIT * ramp

    @property
    def share_per_second(self) -> float:
        """The process's part of what was set or learned; infinite where nothing limits it."""
        limit = inf if self.limit_per_second is None else self.limit_per_second
        rate = min(self.learned_per_second, limit)
        # What nothing limits is not divided: nobody waits for a share of it.
        return rate if rate == inf else rate * self._share()

    def wait_seconds(self, now: float) -> float:
        """How long until the next slot; 0 where one can be taken now."""
        rate = self.rate_per_second(now)
        return max(0.0, self._last_slot + 1 / rate - now) if rate > 0 else inf

    def take(self, now: float) -> None:
        """Take the slot of `now`, which `wait_seconds` says is there."""
        spacing = 1 / self.rate_per_second(now)
        busy_seconds = now - self._last_taken
        # Only what was in use can be said to have been too little.
        in_use = busy_seconds <= 2 * spacing + LATE_SECONDS
        if in_use and (self._phase is not Phase.STEADY or now > self._quiet_until):
            self.learned_per_second *= self._growth(now) ** busy_seconds
        late = min(LATE_SECONDS, max(BURST_SECONDS - spacing, 0.0))
        self._last_slot = max(self._last_slot + spacing, now - late)
        self._last_taken = now
        self._sent.append(now)

    def served(self, now: float) -> None:
        """Remember that an order was served."""
        self._served.append(now)

    def throttled(self, now: float, hold_seconds: float) -> None:
        """Learn from an answer that asks everybody to wait for `hold_seconds`."""
        known = min(self.learned_per_second, self.limit_per_second or inf)
        served = self._served_per_second(now)
        since = sum(at > self._resumed_at for at in self._served)
        if since == 0:
            # Nothing served since the last wait is an outage, whatever it is called.
            return
        early = self._phase is not Phase.FREE and since < min(max(known / 5, 1), SAMPLE)
        if early or self._sends_little(now, known):
            # It says little of the rate; again and again it does.
            self._vain = self._vain + 1 if now - self._vain_at < VAIN_SECONDS else 1
            self._vain_at = now + hold_seconds
            learned = known if self._vain < VAIN_UNTIL_HALVED else known / 2
            self._wait(now, hold_seconds, learned)
            return
        self._vain = 0
        free = self._phase is Phase.FREE
        again = self._phase is Phase.STEADY and now - self._resumed_at < AGAIN_SECONDS
        learned = known * LESS if again or self._phase is Phase.SEARCHING else known / 4
        learned = learned if again else max(served, learned)
        guessed = free and (known == inf or since < SAMPLE)
        if self._phase is not Phase.SEARCHING or since >= SAMPLE:
            self._phase = Phase.DOUBLING if guessed else _NEXT[self._phase]
        self._wait(now, hold_seconds, served if guessed else min(known, learned))

    def lower(self, ceiling_per_second: float) -> None:
        """Take over the ceiling that another process has learned, where it is clearly lower."""
        if ceiling_per_second < self.learned_per_second * LESS:
            self.learned_per_second = ceiling_per_second
            if self._phase is Phase.FREE:
                self._phase = Phase.SEARCHING

    def _wait(self, now: float, hold_seconds: float, learned: float) -> None:
        self.learned_per_second = max(learned, SLOWEST)
        self._resumed_at = now + hold_seconds
        quiet = max(QUIET_FOR_A_HOLD * hold_seconds, SHORTEST_QUIET_SECONDS)
        self._quiet_until = self._resumed_at + min(quiet, LONGEST_QUIET_SECONDS)

    def _growth(self, now: float) -> float:
        """How much it grows in a second; the longer it has met no 429, the more."""
        growth: float = self._phase.value
        if self._phase is Phase.STEADY:
            growth **= 1 + (now - self._quiet_until) / FASTER_SECONDS
        return min(growth, Phase.SEARCHING.value) if self._phase is Phase.STEADY else growth

    def _sends_little(self, now: float, known: float) -> bool:
        """Whether it is the orders that are few, and not the pace that is slow."""
        if known == inf:
            return False
        recent = sum(at > now - SHORTEST_WINDOW_SECONDS for at in self._sent)
        return recent < known * self._share() * IN_USE * SHORTEST_WINDOW_SECONDS - 1

    def _served_per_second(self, now: float) -> float:
        rate, share = self.rate_per_second(now) or SLOWEST, self._share() or 1.0
        window = min(max(SAMPLE / rate, SHORTEST_WINDOW_SECONDS), LONGEST_WINDOW_SECONDS)
        times = [at for at in self._served if at > now - window]
        if self._phase is Phase.FREE:
            # In a burst of the first moment there is no telling how fast it was.
            return max(FIRST_GUESS, len(times) / window / share)
        return len(times) / max(now - times[0], 1 / rate) / share if times else 0.0


_NEXT = {
    Phase.FREE: Phase.SEARCHING,
    Phase.DOUBLING: Phase.SEARCHING,
    Phase.SEARCHING: Phase.STEADY,
    Phase.STEADY: Phase.STEADY,
}
