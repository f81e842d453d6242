"""The pace: slots for sending, evenly spaced, taken when an order is sent and never ahead.

Where no rate is set it is learned, and so it is where the one that is set is too high. A 429 is a
lesson, and the ceiling after it is:

| the 429 comes                         | the ceiling                          | it grows again   |
|---------------------------------------|--------------------------------------|------------------|
| first, soon after the start           | what was served in the second before | twofold a second |
| first, later                          | the same, and at least 4 % less      | after the wait   |
| while the pace grows fast, or after a | the pace less what the growth can    | after the wait   |
| wait, while it is not yet full        | have been too much, at least 4 %     |                  |
| else                                  | the same                             | long after it    |
| alone, or again and again after waits | as it was; half of it at the fourth  |                  |

It grows by 0.4 % a second at first, and the longer it does the faster: a limit that was doubled is
found in half a minute. All replicas keep to the last lesson of any, and to the one that grows most.
After each wait sending begins at half of the pace.
"""

from collections import deque
from collections.abc import Callable
from math import exp, inf, log, sqrt

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
"""So many orders that were served tell something of the rate."""

VAIN_UNTIL_HALVED = 4
VAIN_SECONDS = 4.0
IN_USE = 0.4
"""Where less of the pace is used, a 429 is more likely one order's than the rate's."""

SLOW_GROWTH, FAST_GROWTH, FASTEST_GROWTH = 0.003, 0.03, log(2)
"""Of the logarithm of the pace, a second; what grows fast ends far from the limit."""

FASTER_SECONDS = 6.0
"""In this time the growth doubles."""

LEAST_LESS = 0.03
ANSWER_SECONDS = 0.1

SHORTEST_QUIET_SECONDS, LONGEST_QUIET_SECONDS = 40.0, 120.0
QUIET_FOR_A_HOLD = 60.0
"""A try of the limit can cost a hold of everybody: the longer that was, the rarer the tries."""


class Pace:
    """Rates are of the whole account, of which `share` is this process's; times are monotonic.

    `lessons` counts those behind `learned_per_second`; without one that is a guess, or infinite.
    """

    def __init__(
        self,
        limit_per_second: float | None,
        share: Callable[[], float] = lambda: 1.0,
        random: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.limit_per_second = limit_per_second
        self._share = share
        self._random = random
        self.learned_per_second = inf
        self.lessons = 0
        self._last_slot = -inf
        self._last_taken = -inf
        self._resumed_at = -inf
        self._grows_from = -inf
        self._vain = 0
        self._vain_at = -inf
        self._served: deque[float] = deque(maxlen=5_000)
        self._sent: deque[float] = deque(maxlen=5_000)

    def rate_per_second(self, now: float) -> float:
        """How many orders a second may be sent at `now`; infinite where nothing limits it."""
        return self.share_per_second * BELOW_THE_LIMIT * self._ramp(now)

    @property
    def share_per_second(self) -> float:
        """The process's part of what was set or learned; infinite where nothing limits it."""
        # What nothing limits is not divided: nobody waits for a share of it.
        return self._ceiling if self._ceiling == inf else self._ceiling * self._share()

    def wait_seconds(self, now: float) -> float:
        """How long until the next slot; 0 where one can be taken now."""
        rate = self.rate_per_second(now)
        return max(0.0, self._last_slot + 1 / rate - now) if rate > 0 else inf

    def take(self, now: float) -> None:
        """Take the slot of `now`, which `wait_seconds` says is there."""
        spacing = 1 / self.rate_per_second(now)
        busy_seconds = now - self._last_taken
        # Only what was in use can be said to have been too little.
        if (growth := self._growth(now)) and busy_seconds <= 2 * spacing + LATE_SECONDS:
            grown = self.learned_per_second * exp(growth * busy_seconds)
            self.learned_per_second = min(grown, self._limit)
        late = min(LATE_SECONDS, max(BURST_SECONDS - spacing, 0.0))
        self._last_slot = max(self._last_slot + spacing, now - late)
        self._last_taken = now
        self._sent.append(now)

    def served(self, now: float) -> None:
        """Remember that an order was served."""
        self._served.append(now)

    def throttled(self, now: float, hold_seconds: float) -> None:
        """Learn from an answer that asks everybody to wait for `hold_seconds`."""
        since = sum(at > self._resumed_at for at in self._served) / (self._share() or 1.0)
        if since == 0:
            # Nothing served since the last wait is an outage, whatever it is called.
            return
        free = self.learned_per_second == inf
        early = not free and since < min(max(self._ceiling / 2, 1), SAMPLE)
        vain = early or self._sends_little(now)
        self._vain = (self._vain + 1 if now - self._vain_at < VAIN_SECONDS else 1) if vain else 0
        self._vain_at = now + hold_seconds
        if vain and self._vain < VAIN_UNTIL_HALVED:
            # It says little of the rate; again and again it does.
            self.resume(now + hold_seconds)
            return
        growth = self._growth(now)
        grown = sqrt(2 * BURST_SECONDS * growth) + ANSWER_SECONDS * growth
        less = max(grown, 2 * BURST_SECONDS / max(now - self._resumed_at, 1.0), LEAST_LESS)
        learned = self._ceiling / 2 if vain else self._ceiling * self._ramp(now) * exp(-less)
        if free and not vain:
            least = 0.0 if self._limit == inf else self._limit / 2
            learned = min(max(self._served_per_second(now), least), learned)
        guess = free and not vain and (self._limit == inf or self._sent_seconds(now) < 1)
        self._learn(max(learned, SLOWEST), self.lessons + (not guess), now, hold_seconds)

    def hear(
        self, ceiling_per_second: float, lessons: int, now: float, hold_seconds: float
    ) -> None:
        """Take over what another process learned, where it has learned more, or found room."""
        if lessons > self.lessons or self.learned_per_second == inf:
            self._learn(ceiling_per_second, lessons, now, hold_seconds)
        elif lessons == self.lessons:
            self.learned_per_second = max(self.learned_per_second, ceiling_per_second)

    def _learn(self, learned: float, lessons: int, now: float, hold_seconds: float) -> None:
        fast = self._growth(now) > FAST_GROWTH or self._ramp(now) < 1 or lessons == 1
        quiet = min(
            max(QUIET_FOR_A_HOLD * hold_seconds, SHORTEST_QUIET_SECONDS), LONGEST_QUIET_SECONDS
        )
        self.learned_per_second, self.lessons = learned, lessons
        self.resume(now + hold_seconds)
        self._grows_from = self._resumed_at + (0.0 if fast else quiet) if lessons else -inf

    def resume(self, at: float) -> None:
        """Begin at half of the pace, at the end of a wait."""
        self._resumed_at = at
        if (rate := self.rate_per_second(at)) > 0:
            # All replicas resume at once: in step they would be a burst, also at a low rate.
            self._last_slot = at - 1 / rate + self._random() * min(1 / rate, RAMP_SECONDS)

    @property
    def _limit(self) -> float:
        return inf if self.limit_per_second is None else self.limit_per_second

    @property
    def _ceiling(self) -> float:
        return min(self.learned_per_second, self._limit)

    def _ramp(self, now: float) -> float:
        """Which part of the pace is taken: half of it at the end of a wait."""
        return min(1.0, 0.5 + max(0.0, now - self._resumed_at) / (2 * RAMP_SECONDS))

    def _growth(self, now: float) -> float:
        """How much it grows in a second; the longer it has met no 429, the more."""
        if now < self._grows_from or self.learned_per_second >= self._limit:
            return 0.0
        faster = min((now - self._grows_from) / FASTER_SECONDS, 10)
        return min(SLOW_GROWTH * 2**faster, FASTEST_GROWTH)

    def _sends_little(self, now: float) -> bool:
        """Whether it is the orders that are few, and not the pace that is slow."""
        seconds = self._sent_seconds(now)
        recent = sum(at > now - seconds for at in self._sent)
        return self._ceiling < inf and recent < self.share_per_second * seconds * IN_USE - 1

    def _sent_seconds(self, now: float) -> float:
        """How much of the last second was not waited for."""
        return min(1.0, now - max(self._resumed_at, self._sent[0] if self._sent else now))

    def _served_per_second(self, now: float) -> float:
        """In the last second; in a burst of the first moment there is no telling."""
        return max(FIRST_GUESS, sum(at > now - 1 for at in self._served) / (self._share() or 1.0))
