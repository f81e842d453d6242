"""Nothing is called, ordered or told under a request_id that nobody published."""

from collections.abc import Iterator

from tests.trials.chaos.checker.lives import Run
from tests.trials.chaos.checker.violation import Kind, Violation


def invented(run: Run) -> Iterator[Violation]:
    """Each request_id that came from nowhere; a publish without a confirm is a publish."""
    for life in run.strangers:
        if life.told or life.called or life.booked:
            moments = sorted(
                [each.arrived_at for each in life.told] + [each.arrived_at for each in life.called]
            )
            since = f", first seen at {run.at(moments[0])}" if moments else ""
            sentence = (
                f"never published, and yet {len(life.called)} calls, {len(life.told)} replies "
                f"and {life.orders} orders{since}"
            )
            yield Violation(Kind.INVENTED, life.request_id, sentence)
