"""Fewer replicas send where the budget is too low for all."""

from dataclasses import dataclass

import pytest

from service.flow.sending.account import Account
from service.flow.sending.pace import Pace
from service.flow.sending.replicas import Replicas
from service.flow.sending.sharing import Alone


@dataclass
class Ranked(Alone):
    """So many replicas come before this one."""

    before: int = 0

    def rank(self) -> int:
        """As the test says."""
        return self.before


def replicas(limit: float | None, before: int) -> Replicas:
    """What one makes of it that has orders."""
    pace = Pace(limit)
    made = Replicas(Ranked(before), Account(lambda: 0.5), pace)
    made.weigh(0.0, waiting=True, fresh=True, held=False)
    return made


@pytest.mark.parametrize(
    ("limit", "before", "stands_by"),
    [
        (None, 50, False),
        (200.0, 19, False),
        (200.0, 20, True),
        (80.0, 7, False),
        (20.0, 1, False),
        (19.9, 1, True),
        (6.0, 0, False),
        (6.0, 2, True),
        (0.1, 0, False),
    ],
)
def test_the_api_takes_a_call_of_each_that_sends_at_once(
    limit: float | None,
    before: int,
    stands_by: bool,  # noqa: FBT001
) -> None:
    """A tenth of a second's; the first sends whatever the budget is, and without one all do."""
    made = replicas(limit, before)
    assert made.stands_by is stands_by
    assert made.state(0.0).weight == (0.0 if stands_by else 1.0)
    assert made.state(0.0).able


def test_a_budget_that_goes_up_and_down_a_little_changes_nothing() -> None:
    """Each change gives deliveries back."""
    sharing = Ranked(1)
    pace = Pace(20.0)
    made = Replicas(sharing, Account(lambda: 0.5), pace)
    seen = ((20.0, False), (19.9, True), (20.1, True), (25.1, False), (20.0, False))
    for limit, stands_by in seen:
        pace.limit_per_second = limit
        made.weigh(0.0, waiting=True, fresh=True, held=False)
        assert made.stands_by is stands_by


def test_one_that_is_held_is_passed_over() -> None:
    """It could not send, and the next one does."""
    made = replicas(6.0, 0)
    made.weigh(0.0, waiting=True, fresh=True, held=True)
    assert not made.state(0.0).able
