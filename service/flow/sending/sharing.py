"""What the gate asks of whoever knows the replicas, and what is done where nobody does."""

from collections import deque
from collections.abc import Collection
from math import inf
from typing import Protocol

from service.core.record import record
from service.flow.sending.said import Peer

COUNTED_SECONDS = 4.0


@record(frozen=True, slots=True)
class Common:
    """What the other replicas know; the rates are of the whole account.

    `not_before` is the monotonic time until which the API asked somebody to wait, `served_at` when
    it last served an order of theirs. The ceiling is the highest of those with the most `lessons`,
    the budget is the smallest. `busy` counts those that have orders; `troubled` says that all of
    these are served nothing.
    """

    not_before: float = -inf
    served_at: float = -inf
    ceiling: float | None = None
    lessons: int = 0
    budget: float | None = None
    busy: int = 0
    troubled: bool = True

    @property
    def busy_with(self) -> int:
        """How many have orders, this replica included."""
        return 1 + self.busy


class Sharing(Protocol):
    """How many replicas there are, and what each may take; all of it as of now."""

    def share(self) -> float:
        """Which part of the limits is this replica's, from 0 to 1; it may lapse by time alone."""
        ...

    def count(self) -> int:
        """How many replicas are known, this one included."""
        ...

    def leads(self) -> bool:
        """Whether this one probes for all."""
        ...

    def rank(self) -> int:
        """How many replicas that could send come before this one; 0 where nobody knows."""
        ...

    def common(self) -> Common:
        """What the others know."""
        ...

    def changed(self) -> None:
        """Take note that this replica's own state is another: a greater weight is said at once."""
        ...


class Alone:
    """No other replica is known: all of it is this one's."""

    def share(self) -> float:
        """All."""
        return 1.0

    def count(self) -> int:
        """Itself."""
        return 1

    def leads(self) -> bool:
        """There is nobody else."""
        return True

    def rank(self) -> int:
        """Nobody comes before it."""
        return 0

    def common(self) -> Common:
        """Nothing."""
        return Common()

    def changed(self) -> None:
        """Nobody is told."""


def common(others: Collection[Peer]) -> Common:
    """What the others said last, taken together."""
    said = [peer.said for peer in others]
    busy = [each for each in said if each.weight == 1]
    learned = [(each.lessons, each.ceiling) for each in said if each.ceiling is not None]
    lessons, ceiling = max(learned, default=(0, None))
    return Common(
        not_before=max((peer.not_before for peer in others), default=-inf),
        served_at=max((peer.served_at for peer in others), default=-inf),
        ceiling=ceiling,
        lessons=lessons,
        budget=min((each.budget for each in said if each.budget is not None), default=None),
        busy=len(busy),
        troubled=all(each.troubled for each in busy),
    )


class CountedConsumers:
    """The replicas as the broker counts them: each has one consumer on the requests queue.

    A queue's leader that does not answer in time has "0 consumers", and one that was cancelled
    with unacked messages counts on: the lowest count of the last seconds is the best guess.
    """

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque()

    def add(self, consumers: int, now: float) -> None:
        """Remember what was counted at `now`."""
        if consumers > 0:
            self._counts.append((now, consumers))
            while self._counts[0][0] < now - COUNTED_SECONDS:
                self._counts.popleft()

    def lowest(self) -> int:
        """How many there are; 0 while nobody knows."""
        return min((count for _, count in self._counts), default=0)

    def share(self) -> float:
        """The part of each."""
        lowest = self.lowest()
        return 1 / lowest if lowest else 0.0
