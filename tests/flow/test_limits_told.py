"""What limits sending is told where it changed, and a line says what a person should know."""

from dataclasses import replace
from typing import Any

import pytest

from service.core.outcome import Answered
from service.flow.events import Event
from service.flow.events.labels import BudgetSource, LimitsChange
from service.flow.events.process import LimitsChanged
from service.flow.sending.limits import (
    CREEPING_SECONDS,
    MOST_LINES,
    WITHIN_SECONDS,
    Limits,
    LimitsTold,
    change_for_a_person,
    changed_clearly,
)
from tests.flow.fakes import request
from tests.flow.world import World

SET = Limits(concurrency=64, set_per_second=80, share=0.5, peers=2)
LEARNED = replace(SET, ceiling_per_second=40)
UNLIMITED = Limits(concurrency=64, share=0.5, peers=2)


class Told:
    """Looks at limits, and keeps what was said of them."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._told = LimitsTold(self._events.append)

    def look(self, limits: Limits, now: float) -> list[LimitsChange | None]:
        """What this look has told, by what the line says that it is for."""
        self._events.clear()
        self._told.look(limits, now)
        return [event.change for event in self._events if isinstance(event, LimitsChanged)]


@pytest.mark.parametrize(
    ("limits", "budget", "source", "rate"),
    [
        (UNLIMITED, None, None, None),
        (SET, 80, BudgetSource.SET, 40),
        (LEARNED, 40, BudgetSource.LEARNED, 20),
        (replace(SET, ceiling_per_second=100), 80, BudgetSource.SET, 40),
        (replace(SET, ceiling_per_second=80), 80, BudgetSource.SET, 40),
        (replace(UNLIMITED, ceiling_per_second=10), 10, BudgetSource.LEARNED, 5),
        (replace(SET, share=0), 80, BudgetSource.SET, 0),
    ],
)
def test_the_lower_of_set_and_learned_is_the_budget(
    limits: Limits, budget: float | None, source: BudgetSource | None, rate: float | None
) -> None:
    """And a process has its share of it."""
    assert limits.budget_per_second == budget
    assert limits.source is source
    assert limits.rate_per_second == rate


@pytest.mark.parametrize(
    ("before", "change", "clearly", "for_a_person"),
    [
        (SET, {}, False, None),
        (SET, {"concurrency": 58}, False, None),
        (SET, {"concurrency": 57}, True, None),
        (SET, {"share": 0.46}, False, None),
        (SET, {"share": 0.44}, True, None),
        (SET, {"share": 0.0}, True, LimitsChange.SHARE),
        (SET, {"peers": 3}, True, LimitsChange.PEERS),
        (SET, {"set_per_second": 73}, False, None),
        (SET, {"set_per_second": 71}, True, LimitsChange.BUDGET),
        (SET, {"set_per_second": None}, True, LimitsChange.BUDGET),
        # A ceiling above what is set is no budget.
        (SET, {"ceiling_per_second": 100}, True, None),
        # A source is news, however near the two are.
        (SET, {"ceiling_per_second": 79}, True, LimitsChange.BUDGET),
        (LEARNED, {"ceiling_per_second": 37}, False, None),
        (LEARNED, {"ceiling_per_second": 35}, True, LimitsChange.BUDGET),
        (UNLIMITED, {"share": 0.0}, False, None),
        (UNLIMITED, {"set_per_second": 1}, True, LimitsChange.BUDGET),
    ],
)
def test_a_change_is_clear_or_for_a_person_or_neither(
    before: Limits, change: dict[str, Any], *, clearly: bool, for_a_person: LimitsChange | None
) -> None:
    """Either way round."""
    after = replace(before, **change)
    assert changed_clearly(before, after) is changed_clearly(after, before) is clearly
    assert change_for_a_person(before, after) is for_a_person
    assert change_for_a_person(after, before) is for_a_person


def test_the_first_look_is_told_and_the_same_is_not() -> None:
    """However long it stays so."""
    told = Told()
    assert told.look(SET, 0) == [LimitsChange.START]
    assert told.look(SET, 1) == []
    assert told.look(SET, 1000) == []


def test_what_creeps_is_told_before_long() -> None:
    """The metrics are never far from the truth, and the log says nothing of it."""
    told = Told()
    told.look(LEARNED, 0)
    crept = replace(LEARNED, ceiling_per_second=41)
    assert told.look(crept, CREEPING_SECONDS - 1) == []
    assert told.look(crept, CREEPING_SECONDS) == [None]
    assert told.look(crept, CREEPING_SECONDS * 2) == []


def test_many_small_steps_are_a_clear_change() -> None:
    """What is told last is what is compared with."""
    told, events = Told(), []
    for second in range(100):
        ceiling = 40 * 1.01**second
        events += told.look(replace(LEARNED, ceiling_per_second=ceiling), second)
    assert events.count(LimitsChange.BUDGET) in range(3, 9)


def test_a_few_lines_a_minute_say_the_last_of_many_changes() -> None:
    """Replicas start one after another: the metrics follow each, the log says where it ends."""
    told, lines = Told(), []
    for number in range(50):
        said = told.look(replace(SET, share=1 / (number + 1), peers=number + 1), number)
        assert len(said) == 1
        lines += [change for change in said if change is not None]
    assert len(lines) == MOST_LINES
    last = replace(SET, share=1 / 50, peers=50)
    assert told.look(last, WITHIN_SECONDS) == [LimitsChange.PEERS]
    assert told.look(last, WITHIN_SECONDS + 1) == []


def test_that_it_stands_by_is_told_however_many_came_before() -> None:
    """Else nobody knew why one that began with many others does not consume."""
    told = Told()
    for peers in range(1, MOST_LINES + 1):
        told.look(replace(SET, peers=peers), 0.0)
    last = replace(SET, peers=8, stands_by=True)
    assert told.look(last, 1.0) == [LimitsChange.STANDBY]
    assert told.look(replace(last, stands_by=False), 2.0) == [LimitsChange.STANDBY]


async def test_the_gate_tells_what_it_learned_from_the_api() -> None:
    """A 429 to a process without a budget gives it one."""
    world = World()
    world.gate.tell_limits()
    await world.serve(request("o-0"))
    world.api.answer("o-1", Answered(429, b"", retry_after="1"))
    await world.serve(request("o-1"))
    first, second = (e for e in world.seen(LimitsChanged) if isinstance(e, LimitsChanged))
    assert (first.change, first.source, first.budget_per_second) == (LimitsChange.START, None, None)
    assert (second.change, second.source) == (LimitsChange.BUDGET, BudgetSource.LEARNED)
    assert second.budget_per_second == second.ceiling_per_second == second.rate_per_second


async def test_the_gate_tells_of_a_rate_that_grows_while_orders_wait() -> None:
    """With nobody to hear of: its own clock is enough."""
    world = World()
    world.api.answer("o-1", Answered(429, b"", retry_after="1"))
    for number in range(200):
        await world.serve(request(f"o-{number}"))
    learned = len(world.seen(LimitsChanged))
    await world.clock.advance(5)
    assert len(world.seen(LimitsChanged)) > learned
