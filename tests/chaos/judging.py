"""The face of whatever judges a history, and the least of judges: lost, doubled, contradictory."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.history import History


@dataclass(frozen=True, slots=True)
class Judgement:
    """How often each invariant was broken, and the stories of the first orders that broke one."""

    violations: Mapping[str, int]
    stories: Sequence[str] = field(default_factory=tuple)

    @property
    def clean(self) -> bool:
        """Whether nothing was broken."""
        return not any(self.violations.values())


Judge = Callable[[History], Judgement]


def judge(history: History) -> Judgement:
    """Looks for orders that are lost, doubled, or told two things about."""
    confirmed = {sent.request_id for sent in history.sent if sent.confirmed_at is not None}
    answered = {told.request_id for told in history.told}
    kept = {found.request_id for found in history.found}
    said: defaultdict[str, set[tuple[str, str | None]]] = defaultdict(set)
    for told in history.told:
        said[told.request_id].add((told.status, told.order))
    orders = Counter({booked.request_id: booked.orders for booked in history.booked})
    broken = {
        "lost": confirmed - answered - kept,
        "doubled": {request_id for request_id, count in orders.items() if count > 1},
        "contradictory": {request_id for request_id, answers in said.items() if len(answers) > 1},
        "denied": {
            told.request_id
            for told in history.told
            if told.status in ("rejected", "failed") and orders[told.request_id]
        },
        "invented": {
            told.request_id
            for told in history.told
            if told.status == "accepted" and not orders[told.request_id]
        },
    }
    violations = {name: len(ids) for name, ids in broken.items()}
    if history.ending.quiet_at is None:
        violations["never quiet"] = 1
    stories = [f"{name}: {request_id}" for name, ids in broken.items() for request_id in ids]
    return Judgement(violations, sorted(stories)[:20])
