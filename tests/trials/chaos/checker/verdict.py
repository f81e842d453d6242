"""The verdict on a run: every finding of every invariant, and the numbers beside them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tests.trials.chaos.checker import orders, replies
from tests.trials.chaos.checker.lives import Kind, Place, Run, Violation, index
from tests.trials.chaos.history import History, Status

INVARIANTS: tuple[Callable[[Run], Iterator[Violation]], ...] = (
    orders.lost,
    orders.doubled,
    orders.two_forms,
    replies.contradictory,
    orders.late,
    orders.not_quiet,
    orders.invented,
    replies.unparked,
    replies.weakened,
    replies.twins,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run came to.

    All counts but `calls` and `replies` are of request_ids; one that was told two statuses counts
    under both in `answered`.
    """

    scenario: str
    seed: int
    orders: int
    confirmed: int
    answered: Mapping[Status, int]
    parked: int
    calls: int
    replies: int
    violations: tuple[Violation, ...]

    @property
    def ok(self) -> bool:
        """Whether every invariant holds."""
        return not self.failures

    @property
    def failures(self) -> tuple[Violation, ...]:
        """The findings that make the run a failure."""
        return tuple(each for each in self.violations if each.kind.fails)

    @property
    def by_kind(self) -> Mapping[Kind, int]:
        """How many findings there are of each kind, the zeros too."""
        found = Counter(each.kind for each in self.violations)
        return {kind: found[kind] for kind in Kind}

    def lines(self) -> Iterator[str]:
        """The verdict in numbers, for a person."""
        yield f"{self.scenario}, seed {self.seed}: {'right' if self.ok else 'WRONG'}"
        yield f"  {self.orders} orders published, {self.confirmed} of them confirmed"
        told = ", ".join(f"{count} {status}" for status, count in self.answered.items())
        yield (
            f"  {told or 'none answered'}; {self.replies} replies, {self.calls} calls, "
            f"{self.parked} parked"
        )
        for kind, count in self.by_kind.items():
            if count:
                yield f"  {count} {kind}{'' if kind.fails else ' (no failure)'}"


def check(history: History) -> Verdict:
    """The verdict on the run that this is the history of."""
    run = index(history)
    answered: Counter[Status] = Counter()
    for life in run.lives.values():
        answered.update({reply.status for reply in life.told})
    return Verdict(
        scenario=history.scenario,
        seed=history.seed,
        orders=sum(1 for _ in run.orders),
        confirmed=sum(life.confirmed for life in run.orders),
        answered=dict(sorted(answered.items())),
        parked=sum(life.lies_in(Place.PARKED) for life in run.lives.values()),
        calls=len(history.called),
        replies=len(history.told),
        violations=tuple(each for invariant in INVARIANTS for each in invariant(run)),
    )
