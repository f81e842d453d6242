"""The pace: slots for sending, evenly spaced, taken when an order is sent and never ahead.

Where no rate is set it is learned, and so it is where the one that is set is too high:

| a 429                                     | the ceiling is then            | and grows again     |
|-------------------------------------------|--------------------------------|---------------------|
| before all was sent that the first second | what was served so far: a      | twofold a second    |
| may hold, or without a rate that is set   | guess, at least 5 a second     |                     |
| the first with a rate that is set         | what was served in a second    | after the wait      |
| where the pace grew fast, or in the ramp  | the pace, less what the growth | after the wait      |
| after a wait                              | may have overshot              |                     |
| else                                      | the same, at least 3 % less    | long after the wait |
| alone: few are sent, or served since      | as it was; half at the fourth, | as before           |
|                                           | and a guess at the second      |                     |
| with nothing served since the last wait,  | as it was: that is an outage   | as before           |
| by any replica                            |                                |                     |

It grows by 0.3 % a second at first, twice as fast every 6 s, and only while it is used. All
replicas keep to the last lesson of any; of those that know the same, to the highest ceiling.
"""

from collections import deque
from collections.abc import Callable
from itertools import takewhile
from math import exp, inf, log, sqrt

from service.flow.sending.even import even

BELOW_THE_LIMIT = 0.982
"""The API's clock and ours differ, and calls arrive less evenly than they are sent."""

LATE_SECONDS = 0.01
BURST_SECONDS = 0.1
"""How late a slot may be taken without moving the next: the loop wakes a little late each time.

A stall of the loop is longer, and is not made up for: the calls would come in a burst. Where a
tenth of a second holds no two calls, an API that counts so takes none that is early.
"""

HELD_UP_PART, HELD_UP_SECONDS = 0.005, 0.1
"""Of the time, and at once: so long calls that were held up may put off the next. What an API takes
longer by is mostly its own, and not the way to it."""

SLOWEST, FIRST_GUESS = 0.1, 5.0
RAMP_SECONDS = 1.0
"""After a wait it begins at half of the pace, and so long later it is all of it."""

SHARE_SECONDS = 1.0
SAMPLE = 16
VAIN_UNTIL_HALVED, VAIN_GUESS = 4, 2
MOST_HALVED = 3
"""By one process that is not served itself meanwhile: it may be refused for its address."""

VAIN_SECONDS = 4.0
IN_USE, USE_SECONDS = 0.4, 5.0
"""Where less of the pace is used, a 429 is more likely one order's than the rate's."""

SLOW_GROWTH, FAST_GROWTH, FASTEST_GROWTH = 0.003, 0.03, log(2)
FASTER_SECONDS = 6.0
"""Growth is of the logarithm, a second. A limit that was doubled is found in half a minute."""

ROUGH_LESSONS = 2
"""The first ones: who hears of them cannot tell whether they came soon after a wait."""

LEAST_LESS, ANSWER_SECONDS = 0.025, 0.1

SHORTEST_QUIET_SECONDS, LONGEST_QUIET_SECONDS = 60.0, 120.0
QUIET_FOR_A_HOLD = 60.0
"""A try of the limit can cost a hold of everybody: the longer that was, the rarer the tries."""


class Pace:
    """Rates are of the whole account, of which `share` is this process's; times are monotonic.

    `lessons` counts the 429s that the ceiling was learned from, whoever met them; 0 for a guess.
    `others_served_at` is when the API last served another process, as far as that is heard: who
    shares a low limit may meet nothing but 429s between two waits, and that is no outage.
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
        self._spare_since = -inf
        self.others_served_at = -inf
        self._resumed_at = self._resumed_before = -inf
        self._grows_from = -inf
        self._vain = self._halved = 0
        self._vain_at = -inf
        self._served: deque[float] = deque(maxlen=5_000)
        self._sent: deque[float] = deque(maxlen=5_000)

    def rate_per_second(self, now: float) -> float:
        """How many orders a second may be sent at `now`; infinite where nothing limits it."""
        if (ceiling := self._ceiling) == inf:
            return inf
        share = ceiling * self._share()
        return even(share * BELOW_THE_LIMIT, share, ceiling) * self._ramp(now)

    @property
    def share_per_second(self) -> float:
        """The process's part of what was set or learned; infinite where nothing limits it."""
        # What nothing limits is not divided: nobody waits for a share of it.
        return ceiling if (ceiling := self._ceiling) == inf else ceiling * self._share()

    def wait_seconds(self, now: float) -> float:
        """How long until the next slot; 0 where one can be taken now."""
        if self._ceiling == inf:
            return max(0.0, self._last_slot - now)
        rate = self.rate_per_second(now)
        return max(0.0, self._last_slot + 1 / rate - now) if rate > 0 else inf

    def next_change(self, now: float) -> float:
        """Seconds until time alone may let one through; infinite where one may go now."""
        seconds = self.wait_seconds(now)
        # A share can come by time alone.
        return min(seconds, SHARE_SECONDS) if seconds > 0 else inf

    def take(self, now: float) -> None:
        """Take the slot of `now`, which `wait_seconds` says is there."""
        spacing = 1 / self.rate_per_second(now)
        busy_seconds = now - self._last_taken
        # Only what was in use can be said to have been too little.
        if (growth := self._growth(now)) and busy_seconds <= 2 * spacing + LATE_SECONDS:
            grown = self.learned_per_second * exp(growth * busy_seconds)
            self.learned_per_second = min(grown, self._limit)
        self._last_slot = max(self._last_slot + spacing, now - self._room_seconds(now))
        self._last_taken = now
        self._sent.append(now)

    def served(self, now: float) -> None:
        """Remember that an order was served."""
        self._halved = 0
        self._served.append(now)

    def held_up(self, sent_at: float, seconds: float, now: float) -> None:
        """Put the next slot off, as one that was sent then may have arrived so much later."""
        if not 0 < self.share_per_second < inf:
            return
        rate, arrived_at = self.rate_per_second(now), sent_at + seconds
        after = 1 + sum(1 for _ in takewhile(lambda at: at > sent_at, reversed(self._sent)))
        slot = self._last_slot + 1 / rate
        if arrived_at + after / self.share_per_second <= slot + self._room_seconds(now):
            return
        # Else the next comes too soon after it: what keeps to a limit here need not do so there.
        self._spare_since = max(self._spare_since, now - HELD_UP_SECONDS / HELD_UP_PART)
        by = min(arrived_at + after / rate - slot, HELD_UP_PART * (now - self._spare_since))
        self._last_slot += by
        self._spare_since += by / HELD_UP_PART

    def throttled(self, now: float, hold_seconds: float) -> None:
        """Learn from an answer that asks everybody to wait for `hold_seconds`."""
        since = self._served_by_all(self._resumed_at)
        if since == 0 and self.others_served_at <= self._resumed_before:
            return
        free = self.learned_per_second == inf
        early = not free and since < min(max(self._ceiling / 2, 1), SAMPLE)
        if early or self._sends_little(now):
            self._vain = self._vain + 1 if now - self._vain_at < VAIN_SECONDS else 1
            self._vain_at = now + hold_seconds
            few = self._vain < (VAIN_UNTIL_HALVED if self.lessons else VAIN_GUESS)
            if few or self._halved == MOST_HALVED:
                self.resume(now + hold_seconds, now)
            else:
                self._halved += 1
                self._learn(self._ceiling / 2, self.lessons + 1, now, hold_seconds)
            return
        self._vain = 0
        learned = self._ceiling * self._ramp(now) * exp(-self._less(now))
        if free:
            # In a burst of the first moment there is no telling how fast it was, nor by a few.
            seconds = max(1.0, min(SAMPLE / self._ceiling, self._sent_seconds(now)))
            served = max(self._served_by_all(now - seconds) / seconds, FIRST_GUESS)
            learned = min(served if self._limit == inf else max(served, self._limit / 2), learned)
        guess = free and (self._limit == inf or self._sent_seconds(now) < 1)
        self._learn(learned, self.lessons + (not guess), now, hold_seconds)

    def hear(self, ceiling: float, lessons: int, now: float, hold_seconds: float) -> None:
        """Take over what another process has learned, or that it found room for more."""
        if lessons > self.lessons or self.learned_per_second == inf:
            self._learn(ceiling, lessons, now, hold_seconds)
        elif lessons == self.lessons:
            self.learned_per_second = max(self.learned_per_second, ceiling)

    def resume(self, at: float, now: float) -> None:
        """Begin anew at the end of a wait; one that has not ended at `now` is the same."""
        if now >= self._resumed_at:
            self._resumed_before = self._resumed_at
        self._resumed_at = at
        if (rate := self.rate_per_second(at)) > 0:
            # All replicas resume at once: in step their calls are a burst, however few they are.
            self._last_slot = at - 1 / rate + self._random() * min(1 / rate, RAMP_SECONDS)

    def _learn(self, ceiling: float, lessons: int, now: float, hold_seconds: float) -> None:
        # Then it is not known well yet.
        early = self._ramp(now) < 1 or lessons <= ROUGH_LESSONS
        soon = early or self._growth(now) > FAST_GROWTH
        quiet = max(QUIET_FOR_A_HOLD * hold_seconds, SHORTEST_QUIET_SECONDS)
        self.learned_per_second, self.lessons = max(ceiling, SLOWEST), lessons
        self.resume(now + hold_seconds, now)
        grows_from = self._resumed_at + (0 if soon else min(quiet, LONGEST_QUIET_SECONDS))
        self._grows_from = grows_from if lessons else -inf

    @property
    def _limit(self) -> float:
        return inf if self.limit_per_second is None else self.limit_per_second

    @property
    def _ceiling(self) -> float:
        limit, learned = self.limit_per_second, self.learned_per_second
        return learned if limit is None or learned < limit else limit

    def _ramp(self, now: float) -> float:
        return min(1.0, 0.5 + max(0.0, now - self._resumed_at) / (2 * RAMP_SECONDS))

    def _growth(self, now: float) -> float:
        if now < self._grows_from or self.learned_per_second >= self._limit:
            return 0.0
        faster = min((now - self._grows_from) / FASTER_SECONDS, 10)
        return min(SLOW_GROWTH * 2**faster, FASTEST_GROWTH)

    def _room_seconds(self, now: float) -> float:
        return min(LATE_SECONDS, max(BURST_SECONDS - 1 / self.rate_per_second(now), 0.0))

    def _less(self, now: float) -> float:
        """By how much the pace is above the limit: a burst hid it for a while."""
        growth, since = self._growth(now), now - self._resumed_at
        overshot = sqrt(2 * BURST_SECONDS * growth) + ANSWER_SECONDS * growth
        return max(overshot, 2 * BURST_SECONDS / max(since, 1.0), LEAST_LESS)

    def _sends_little(self, now: float) -> bool:
        """Whether it is the orders that are few, and not the pace that is slow."""
        seconds = min(self._sent_seconds(now), USE_SECONDS)
        recent = sum(at > now - seconds for at in self._sent)
        return self._ceiling < inf and recent < self.share_per_second * seconds * IN_USE - 1

    def _sent_seconds(self, now: float) -> float:
        """How long ago the last wait ended, or the first order was sent."""
        return now - max(self._resumed_at, self._sent[0] if self._sent else now)

    def _served_by_all(self, since: float) -> float:
        """How many orders were served, reckoned from one's own share of them."""
        return sum(at > since for at in self._served) / (self._share() or 1.0)
