"""Nothing reaches the API after the order's deadline, its age, or its idempotency window.

A second copy has a history of its own: of several deadlines the last one counts, and age and
window begin with the last publish.
"""

from collections.abc import Iterator

from tests.trials.chaos.checker.lives import Life, Run
from tests.trials.chaos.checker.violation import Kind, Violation
from tests.trials.chaos.history import Called

_IN_PROGRESS = frozenset({408, 409, 425})
_UNREADABLE = frozenset(
    {"broken_json", "short", "huge_json", "endless_json", "ok_with_neither", "not_object"}
)


def late(run: Run) -> Iterator[Violation]:
    """Each order with calls that came too late, with the last of them."""
    margin_seconds = run.history.bounds.margin_seconds
    for life in run.orders:
        if not life.called:
            continue
        last_call = max(life.called, key=lambda call: call.arrived_at)
        reasons = [
            f"{bound} at {run.at(end_at)}"
            for bound, end_at in _ends(run, life)
            if last_call.arrived_at > end_at + margin_seconds
        ]
        if reasons:
            sentence = f"called at {run.at(last_call.arrived_at)}, after {', '.join(reasons)}"
            yield Violation(Kind.LATE, life.request_id, sentence)


def unclear(call: Called) -> bool:
    """Whether the call's answer certainly left open whether an order exists.

    A 503 may have asked to wait, and then said that the order was not looked at.
    """
    if call.status is None or call.status in _IN_PROGRESS or call.answered in _UNREADABLE:
        return True
    return call.status >= 500 and call.status != 503


def _ends(run: Run, life: Life) -> Iterator[tuple[str, float]]:
    bounds = run.history.bounds
    published_at = max(each.began_at for each in life.sent)
    deadlines = [each.deadline_at for each in life.sent if each.deadline_at is not None]
    if len(deadlines) == len(life.sent):
        yield "the deadline", max(deadlines)
    yield "the greatest age", published_at + bounds.max_age_seconds
    unclear_at = min((call.arrived_at for call in life.called if unclear(call)), default=None)
    if unclear_at is not None:
        since = max(unclear_at, published_at)
        yield "the idempotency window", since + bounds.idempotency_window_seconds
