"""Which of the parked messages are meant."""

import pytest

from service.core.parked.found import inspect
from service.core.parked.selecting import Group, Selection, grouped, in_order, seconds_of
from tests.core.build import NOW, ago, received
from tests.core.parked.build import dead, rejected, unknown


@pytest.mark.parametrize(
    ("selection", "takes"),
    [
        (Selection(), True),
        (Selection(ids=frozenset({"o-1"})), True),
        (Selection(ids=frozenset({unknown().handle})), True),
        (Selection(ids=frozenset({"o-2"})), False),
        (Selection(codes=frozenset({"outcome_unknown", "x"})), True),
        (Selection(codes=frozenset({"x"})), False),
        (Selection(older_seconds=1), True),
        (Selection(older_seconds=2), False),
        (Selection(newer_seconds=1), False),
        (Selection(newer_seconds=2), True),
        (Selection(older_seconds=1, newer_seconds=2), True),
        (Selection(text="example.com"), True),
        (Selection(text="order may exist"), True),
        (Selection(text="o-1"), True),
        (Selection(text="elsewhere"), False),
        (Selection(ids=frozenset({"o-1"}), text="elsewhere"), False),
    ],
)
def test_all_that_is_asked_for_must_hold(selection: Selection, *, takes: bool) -> None:
    """By id or handle, code, age since the parking, and text."""
    assert selection.takes(unknown(), NOW) is takes
    assert selection.everything is (selection == Selection())


def test_what_has_no_time_is_of_no_age() -> None:
    """It is neither older nor newer."""
    undated = inspect(received())
    assert not Selection(older_seconds=0).takes(undated, NOW)
    assert not Selection(newer_seconds=9).takes(undated, NOW)
    assert Selection().takes(undated, NOW)


def test_groups_have_counts_and_ages() -> None:
    """The largest first."""
    found = [rejected(), unknown(), unknown(message_id="o-2"), dead()]
    assert grouped(found) == [
        Group("outcome_unknown", "an order may exist", 2, ago(1), ago(1)),
        Group("delivery_limit", "an order may exist", 1, ago(10), ago(10)),
        Group("missing_message_id", "no order exists", 1, ago(1), ago(1)),
    ]
    assert grouped([]) == []


def test_the_oldest_comes_first() -> None:
    """However the queue has them; what has no time comes before all."""
    found = in_order([unknown(), inspect(received()), dead(), rejected()])
    assert [one.code for one in found] == [
        "moved_by_hand",
        "delivery_limit",
        "outcome_unknown",
        "missing_message_id",
    ]


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("30m", 1800), ("2h", 7200), ("7d", 604_800)]
)
def test_durations(text: str, seconds: float) -> None:
    """In seconds, minutes, hours or days."""
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "1w", "-5s", "1.5h", "²", "soon"])
def test_what_is_no_duration(text: str) -> None:
    """It says what is one."""
    with pytest.raises(ValueError, match="90s, 30m, 2h and 7d are"):
        seconds_of(text)
