"""An order that ended as `unknown` lies parked, so that a person can look at it."""

from collections.abc import Iterator

from tests.trials.chaos.checker.lives import Run
from tests.trials.chaos.checker.places import Place
from tests.trials.chaos.checker.violation import Kind, Violation
from tests.trials.chaos.checker.words import words


def unparked(run: Run) -> Iterator[Violation]:
    """Each order whose only outcome is `unknown`, and of which no copy is parked."""
    for life in run.orders:
        if not any(reply.status == "unknown" for reply in life.told):
            continue
        said = words(life)
        certain = any(word.status != "unknown" for word in said)
        if not certain and not life.lies_in(Place.PARKED):
            told_at = run.at(min(reply.arrived_at for reply in said.values()))
            sentence = f"told unknown at {told_at}, with no copy parked; {life.orders} orders exist"
            yield Violation(Kind.UNPARKED, life.request_id, sentence)
