"""One request_id makes one order, whatever happens."""

from collections.abc import Iterator

from tests.trials.chaos.checker.lives import Run
from tests.trials.chaos.checker.violation import Kind, Violation


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
