"""How many orders one process has at the API: as many as it serves without letting them queue.

An attempt that takes longer can mean that the API is slower, or that ours queue there. So two
samples that follow each other are compared, one of them with more or fewer at a time:

| the other sample had | and took               | then                                            |
|----------------------|------------------------|-------------------------------------------------|
| more                 | hardly longer          | more are kept, and still more are tried at once |
| more                 | as much longer         | they queue: back, and no other try for a while  |
| fewer                | as much shorter        | they queued: fewer are kept, and fewer tried    |
| fewer                | hardly shorter         | back: so slow is the API                        |
| either               | much longer or shorter | the API has changed meanwhile: back, and anew   |

Another replica may have taken more or fewer meanwhile. So what is to be kept is verified first: a
third sample, with as many as before, must show the same difference the other way round.
"""

from collections.abc import Callable
from math import inf, log
from typing import NamedTuple

from service.flow.sending.sample import FEWEST_ATTEMPTS, Sample
from service.flow.sending.spread import Spread

FIRST = 2
"""Less than any API serves at a time; twice as many after each sample that is no slower."""

MOST_ATTEMPTS = 200
"""Of a sample: as many as make it precise, and FEWEST_ATTEMPTS at least."""

PRECISE = 0.25
"""Of what is to be told apart, the standard error of a sample."""

QUEUES = 0.35
"""Of the difference that a queue would make: with so much more it is taken for one."""

CLEAR = 3
"""So many standard errors from that, a trial is over: the longer it lasts, the more orders wait."""

CHANGED = 0.3
"""A difference (of logarithms) by so much larger than a queue could make is the API's own."""

ODD_IN_A_ROW = 4
"""So many odd attempts begin a sample anew: the API has changed."""

STEP = 5
"""A fifth more or fewer is tried where as many again are too many."""

VERIFIED = 3
"""Steps up, each twice the one before: so many are no chance, and those after them are taken."""

SAMPLES_AFTER_QUEUE, SAMPLES_AFTER_NONE = 30, 8
"""Until the next try: each that makes a queue makes some orders wait, and each replica tries."""

AT_FIRST = 8
"""Tries that succeeded, each with twice the step of the one before: as many again."""

USED = 0.7
"""Where less of the limit is used, it says nothing of the API."""

FEWER_FAILING = 0.7


class _Trial(NamedTuple):
    """The other sample: `verifies` where it was the one that is to be kept."""

    limit: int
    latency: float
    verifies: bool = False


class Concurrency:
    """`limit` orders at a time, from 1 to `most`; times are monotonic seconds.

    Each of `replicas` is taken to have as many: of a queue at the API each makes its part.
    `random`, from 0 to 1, keeps their tries apart.
    """

    def __init__(
        self,
        most: int,
        replicas: Callable[[], int] = lambda: 1,
        random: Callable[[], float] = lambda: 0.5,
    ) -> None:
        self.limit = min(most, FIRST)
        self._most = most
        self._replicas = replicas
        self._random = random
        self._grown = AT_FIRST
        self._fewer = False
        self._wait_samples = 0
        self._trial: _Trial | None = None
        self._before_failing = 0
        self._sample = Sample(-inf)
        self._sent: dict[int, float] = {}
        self._spread = Spread()

    def at(self, now: float) -> int:
        """How many may be in flight at `now`; one that hangs is not counted."""
        if len(self._sent) < self.limit:
            return self.limit
        hung_since, hanging = now - self._spread.hang_seconds(), 0
        # In the order in which they were sent.
        for sent_at in self._sent.values():
            if sent_at > hung_since:
                break
            hanging += 1
        return min(self._most, self.limit + hanging)

    def next_change(self, now: float) -> float:
        """Seconds until time alone lets more through."""
        if len(self._sent) < self.limit:
            gap = self.gap_seconds(now)
            return gap if gap > 0 else inf
        hung_since = now - self._spread.hang_seconds()
        return next((at - hung_since for at in self._sent.values() if at > hung_since), inf)

    def gap_seconds(self, now: float) -> float:
        """How long the next one waits so that not all arrive at once; 0 or less where it may go."""
        return self._spread.gap_seconds(self.limit, now)

    def began(self, number: int, now: float) -> None:
        """Take note of an attempt that is sent."""
        self._sent[number] = now
        self._spread.take(self.limit, now)

    def left(self, number: int) -> None:
        """Take note that it is over, whatever became of it."""
        self._sent.pop(number, None)

    def held_up_seconds(self, seconds: float) -> float:
        """How much longer than others an attempt took."""
        return self._spread.held_up_seconds(seconds)

    def ended(self, seconds: float, in_flight: int, now: float, *, failed: bool) -> None:
        """Learn from an attempt that took so long, one of `in_flight` at its end."""
        if not failed:
            self._spread.ended(seconds)
        sample = self._sample
        if now - seconds < sample.since:
            # It was sent under another limit.
            return
        sample.used = max(sample.used, in_flight)
        if failed:
            sample.failed += 1
        else:
            sample.add(seconds)
        if sample.odd >= ODD_IN_A_ROW:
            self._go_back(now)
        elif sample.attempts >= self._enough() and (
            not sample.answered or sample.attempts >= MOST_ATTEMPTS or self._is_precise()
        ):
            self._learn(sample, now)

    def _enough(self) -> int:
        return max(FEWEST_ATTEMPTS, self.limit // 2 if self._grown else self.limit * 2)

    def _is_precise(self) -> bool:
        before = self._trial.limit if self._trial else self._next_limit()
        queue = self._queue_makes(before)
        if self._sample.error <= PRECISE * abs(queue):
            return True
        if self._trial is None or queue < 0:
            return False
        change = self._sample.latency - self._trial.latency
        return abs(change - QUEUES * queue) > CLEAR * self._sample.error

    def _queue_makes(self, before: int) -> float:
        """How much longer it takes with `limit` than with `before` at a time, if they queue."""
        others = before * (self._replicas() - 1)
        return log((others + self.limit) / (others + before))

    def _next_limit(self) -> int:
        step = max(1, self.limit // STEP)
        if self._fewer:
            return max(1, self.limit - step)
        return min(self._most, self.limit + min(self.limit, step << self._grown))

    def _learn(self, sample: Sample, now: float) -> None:
        if not sample.answered:
            self._before_failing = max(self._before_failing, self.limit)
            self._begin(now, int(self.limit * FEWER_FAILING))
        elif self._before_failing:
            limit, self._before_failing = self._before_failing, 0
            self._begin(now, limit)
        elif sample.used < USED * self.limit:
            # What was never used may be far too much when the API becomes slow.
            self._begin(now, min(self.limit, max(FIRST, 2 * sample.used)))
        elif self._trial is not None:
            self._compare(self._trial, sample.latency, now)
        else:
            self._wait_samples -= 1
            self._try(sample.latency, now)

    def _try(self, latency: float, now: float) -> None:
        """Take the next sample with another limit, where it is time for that."""
        if self._wait_samples > 0:
            self._begin(now, self.limit)
            return
        if self._next_limit() == self.limit:
            self._fewer = not self._fewer
            self._wait_samples = SAMPLES_AFTER_NONE
            self._begin(now, self.limit)
            return
        trial = _Trial(self.limit, latency)
        self._begin(now, self._next_limit(), trial)

    def _compare(self, trial: _Trial, latency: float, now: float) -> None:
        queue, change = self._queue_makes(trial.limit), latency - trial.latency
        if abs(change) > 2 * abs(queue) + CHANGED:
            self._go_back(now)
            return
        more = self.limit > trial.limit
        better = change < QUEUES * queue
        if better and not (trial.verifies or self._grown >= VERIFIED or self._replicas() == 1):
            self._begin(now, trial.limit, _Trial(self.limit, latency, verifies=True))
            return
        up, moves = more is not trial.verifies, better is not trial.verifies
        if moves:
            self._fewer, self._wait_samples = not up, 0
            self._grown += up
        elif up:
            after_queue = SAMPLES_AFTER_QUEUE * self._replicas() ** 0.75 * (0.5 + self._random())
            self._wait_samples = 2 if self._grown else int(after_queue)
            self._grown, self._fewer = 0, True
        else:
            self._fewer, self._wait_samples = False, SAMPLES_AFTER_NONE
        if moves and up and better:
            self._try(latency, now)
        else:
            self._begin(now, self.limit if better else trial.limit)

    def _go_back(self, now: float) -> None:
        """Begin anew at the limit that was before the trial."""
        self._wait_samples, trial = 0, self._trial
        self._begin(now, self.limit if trial is None or trial.verifies else trial.limit)

    def _begin(self, now: float, limit: int, trial: _Trial | None = None) -> None:
        self.limit, self._trial = max(1, limit), trial
        self._sample = Sample(now)
