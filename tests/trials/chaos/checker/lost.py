"""No order that the broker confirmed may be gone: it is answered, or lies where it is seen to."""

from collections.abc import Iterator

from tests.trials.chaos.checker.lives import Life, Run
from tests.trials.chaos.checker.violation import Kind, Violation


def lost(run: Run) -> Iterator[Violation]:
    """Each confirmed order without a reply and without a message in a queue of the topology."""
    for life in run.orders:
        if life.confirmed and not life.told and not life.kept:
            yield Violation(Kind.LOST, life.request_id, _sentence(run, life))


def _sentence(run: Run, life: Life) -> str:
    confirmed_at = max(each.confirmed_at for each in life.sent if each.confirmed_at is not None)
    calls = f"{len(life.called)} calls reached the API"
    if life.called:
        calls += f", the last at {run.at(max(each.arrived_at for each in life.called))}"
    return (
        f"confirmed at {run.at(confirmed_at)}, then gone: no reply, and in no queue at the end; "
        f"{calls}; {life.orders} orders exist"
    )
