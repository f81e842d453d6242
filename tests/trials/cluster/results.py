"""What came out of one phase under load: pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.table import Table

from tests.world.commands import table_of


@dataclass(frozen=True, slots=True)
class Result:
    """One phase; an order is lost that was confirmed and has no good reply."""

    phase: str
    orders: int
    lost: tuple[str, ...]
    placed_twice: int
    answered_twice: int
    longest_silence_seconds: float

    @property
    def good(self) -> bool:
        """Whether each order was placed once and answered; an answer may be repeated."""
        return bool(self.orders) and not self.lost and not self.placed_twice


def judge(
    phase: str,
    confirmed: Sequence[str],
    accepted: Iterable[str],
    placed: int,
    calls_at: Sequence[float],
) -> Result:
    """The result, from what was sent and answered, the API's orders, and when it was called."""
    replies = Counter(accepted)
    return Result(
        phase=phase,
        orders=len(confirmed),
        lost=tuple(request_id for request_id in confirmed if request_id not in replies),
        placed_twice=placed - len(set(confirmed)),
        answered_twice=sum(count - 1 for count in replies.values()),
        longest_silence_seconds=max((b - a for a, b in pairwise(calls_at)), default=0.0),
    )


def table(results: Iterable[Result]) -> Table:
    """A row for each phase."""
    shown = table_of("phase", "orders", "lost", "twice", "answers twice", "silence")
    for one in results:
        counts = (one.orders, len(one.lost), one.placed_twice, one.answered_twice)
        shown.add_row(one.phase, *map(str, counts), f"{one.longest_silence_seconds:.1f} s")
    return shown
