"""Once the faults have ended, everything comes to rest in time, with nothing left to do."""

from collections import Counter
from collections.abc import Iterator

from tests.trials.chaos.checker.lives import Run
from tests.trials.chaos.checker.places import place_of
from tests.trials.chaos.checker.violation import Kind, Violation


def not_quiet(run: Run) -> Iterator[Violation]:
    """That no rest came in time, and each queue of requests or retries that is not empty."""
    ending, bounds = run.history.ending, run.history.bounds
    allowed = f"{bounds.quiet_within_seconds:g} s after the faults ended"
    ended = run.at(ending.faults_ended_at)
    if ending.quiet_at is None:
        sentence = f"never quiet; the faults ended at {ended}, and {allowed} it had to be"
        yield Violation(Kind.NOT_QUIET, None, sentence)
    elif ending.quiet_at > ending.faults_ended_at + bounds.quiet_within_seconds:
        sentence = f"quiet at {run.at(ending.quiet_at)} only; not {allowed} at {ended}"
        yield Violation(Kind.NOT_QUIET, None, sentence)
    seen = Counter(each.queue for each in run.history.found)
    for queue in dict.fromkeys([*ending.depths, *seen]):
        # What could not be read out of a queue has no message found, and what is unacked no depth.
        left = max(ending.depths.get(queue, 0), seen[queue])
        if left and place_of(queue).must_empty:
            sentence = f"{left} messages left in {queue}; the faults ended at {ended}"
            yield Violation(Kind.NOT_QUIET, None, sentence)
