"""What a process says to the other replicas, and what it makes of what they say."""

from dataclasses import dataclass, field

import pytest

from service.core.outcome import Accepted, Throttled, Unreached
from service.flow.sending.account import FAILURES_TO_OPEN, Account
from service.flow.sending.pace import Pace
from service.flow.sending.replicas import IDLE_WEIGHT, Replicas
from service.flow.sending.sharing import Alone, Common


@dataclass
class Told(Alone):
    """Knows what the others said, and counts how often this one has news."""

    others: Common = field(default_factory=Common)
    news: int = 0

    def common(self) -> Common:
        """What the test says."""
        return self.others

    def changed(self) -> None:
        """Count."""
        self.news += 1


def test_a_wait_is_said_at_once() -> None:
    """Else the others go on sending, until the next message is due."""
    account, told = Account(lambda: 0.5), Told()
    replicas = Replicas(told, account, Pace(None))
    account.report(account.send(0.0), "o-1", Throttled(429, 5.0), 0.1)
    replicas.weigh(0.1, waiting=False, fresh=True, held=False)
    assert (told.news, replicas.state(0.1).not_before_in) == (1, 5.0)
    replicas.weigh(0.2, waiting=False, fresh=True, held=False)
    assert told.news == 1


def test_all_begin_at_half_of_what_one_has_learned_after_its_wait() -> None:
    """The ceiling and the wait come in one message; its lessons are passed on."""
    pace, told = Pace(80.0), Told(Common(not_before=5.0, ceiling=40.0, lessons=3))
    replicas = Replicas(told, Account(lambda: 0.5), pace)
    replicas.hear(1.0)
    assert pace.rate_per_second(5.0) == pytest.approx(pace.rate_per_second(9.0) / 2)
    assert (replicas.state(5.0).ceiling, replicas.state(5.0).lessons) == (40.0, 3)


def test_a_wait_that_teaches_nothing_is_begun_after_like_any_other() -> None:
    """Else those that heard of it would send all at once, and out of step with who met it."""
    pace, told = Pace(80.0), Told(Common(not_before=5.0))
    Replicas(told, Account(lambda: 0.5), pace).hear(1.0)
    assert pace.rate_per_second(5.0) == pytest.approx(pace.rate_per_second(9.0) / 2)


def test_where_one_asks_for_all_it_is_one_that_has_fresh_orders() -> None:
    """Others weigh less: of those with the greatest weight the lowest name asks."""
    account, told = Account(lambda: 0.5), Told()
    replicas = Replicas(told, account, Pace(None))
    for number in range(FAILURES_TO_OPEN):
        account.report(account.send(0.0), f"o-{number}", Unreached("refused"), 0.0)
    assert account.one_asks_for_all
    replicas.weigh(0.1, waiting=True, fresh=True, held=False)
    assert replicas.state(0.1).weight == 1
    replicas.weigh(0.2, waiting=True, fresh=False, held=False)
    assert replicas.state(0.2).weight == IDLE_WEIGHT
    account.report(account.send(5.0), "o-1", Accepted("ord_1"), 5.0)
    replicas.weigh(5.1, waiting=True, fresh=False, held=False)
    assert replicas.state(5.1).weight == 1
