"""What must hold for each order, whatever it was told: not lost, doubled, late or left over."""

from collections import Counter
from collections.abc import Iterator

from tests.trials.chaos.checker.lives import Kind, Life, Run, Violation, place_of
from tests.trials.chaos.history import Called

_IN_PROGRESS = frozenset({408, 409, 425})
_UNREADABLE = frozenset(
    {"broken_json", "short", "huge_json", "endless_json", "ok_with_neither", "not_object"}
)


def lost(run: Run) -> Iterator[Violation]:
    """Each confirmed order without a reply and without a message in a queue of the topology."""
    for life in run.orders:
        if not life.confirmed or life.told or life.kept:
            continue
        confirmed = run.at(max(each.confirmed_at or 0.0 for each in life.sent))
        calls = f"{len(life.called)} calls reached the API"
        if life.called:
            calls += f", the last at {run.at(max(each.arrived_at for each in life.called))}"
        sentence = (
            f"confirmed at {confirmed}, then gone: no reply, and in no queue at the end; "
            f"{calls}; {life.orders} orders exist"
        )
        yield Violation(Kind.LOST, life.request_id, sentence)


def doubled(run: Run) -> Iterator[Violation]:
    """Each order that the ledger has more than once, or that two calls placed."""
    for life in run.orders:
        if life.orders > 1:
            placed = sorted(each.arrived_at for each in life.called if each.order_placed)
            moments = ", ".join(map(run.at, placed)) or "no call on record"
            sentence = (
                f"{life.orders} orders exist (the ledger has {life.booked_orders}); "
                f"placed at: {moments}"
            )
            yield Violation(Kind.DOUBLED, life.request_id, sentence)


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


def late(run: Run) -> Iterator[Violation]:
    """Each order with calls after its deadline, its age or its idempotency window, and the last.

    A second copy has a history of its own: of several deadlines the last one counts, and age and
    window begin with the last publish.
    """
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


def invented(run: Run) -> Iterator[Violation]:
    """Each request_id that came from nowhere; a publish without a confirm is a publish."""
    for life in run.lives.values():
        if not life.sent and (life.told or life.called or life.booked):
            moments = sorted(
                [each.arrived_at for each in life.told] + [each.arrived_at for each in life.called]
            )
            since = f", first seen at {run.at(moments[0])}" if moments else ""
            sentence = (
                f"never published, and yet {len(life.called)} calls, {len(life.told)} replies "
                f"and {life.orders} orders{since}"
            )
            yield Violation(Kind.INVENTED, life.request_id, sentence)
