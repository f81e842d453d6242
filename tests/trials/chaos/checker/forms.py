"""One request_id is called with one form, byte for byte, on every attempt."""

from collections.abc import Iterator

from tests.trials.chaos.checker.lives import Run
from tests.trials.chaos.checker.violation import Kind, Violation
from tests.trials.chaos.history import Called


def two_forms(run: Run) -> Iterator[Violation]:
    """Each order that was called with two forms, or for which the ledger met a conflict."""
    for life in run.orders:
        first: dict[str, Called] = {}
        for call in sorted(life.called, key=lambda call: call.arrived_at):
            first.setdefault(call.fingerprint, call)
        conflicts = sum(each.conflicts for each in life.booked)
        if len(first) > 1 or conflicts:
            seen = ", ".join(
                f"{name[:12]} first at {run.at(call.arrived_at)}" for name, call in first.items()
            )
            sentence = (
                f"{len(first)} forms ({seen}) and {conflicts} conflicts in the ledger, "
                f"from {life.bodies} published bodies"
            )
            yield Violation(Kind.TWO_FORMS, life.request_id, sentence)
