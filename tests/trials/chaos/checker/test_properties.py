"""Whatever the orders and their timing: right is right, and one thing wrong is always found."""

from itertools import chain
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trials.chaos.checker.build import history
from tests.trials.chaos.checker.fates import MUTATIONS, Fate, Mutation, right_lives
from tests.trials.chaos.checker.lives import Kind
from tests.trials.chaos.checker.verdict import check
from tests.trials.chaos.history import Sent

# Machines that do other work meanwhile break hypothesis's time limit for one example.
examples = settings(max_examples=40, deadline=None)
some_examples = settings(max_examples=15, deadline=None)


@examples
@given(right_lives(), st.randoms(use_true_random=False))
def test_right_histories_pass(lives: list[Fate], chance: Random) -> None:
    """No finding, in whatever order the events are listed."""
    events = list(chain.from_iterable(lives))
    chance.shuffle(events)
    verdict = check(history(*events))
    assert verdict.violations == ()
    assert verdict.orders == len(lives)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
@some_examples
@given(lives=right_lives(), data=st.data())
def test_one_thing_wrong_is_found(
    mutation: Mutation, lives: list[Fate], data: st.DataObject
) -> None:
    """The change is found as its kind, at the order that it was made to, and nowhere else."""
    fitting = [n for n, fate in enumerate(lives) if mutation.change(fate) is not None]
    chosen = data.draw(st.sampled_from(fitting))
    (request_id,) = {each.request_id for each in lives[chosen] if isinstance(each, Sent)}
    lives[chosen] = mutation.change(lives[chosen]) or ()
    verdict = check(history(*chain.from_iterable(lives)))
    assert mutation.kind in {each.kind for each in verdict.failures}
    who = None if mutation.kind is Kind.NOT_QUIET else request_id
    assert {each.request_id for each in verdict.violations} == {who}


def test_every_failing_kind_has_a_change() -> None:
    """A kind that no change brings about would not be tried at random."""
    assert {mutation.kind for mutation in MUTATIONS} == {kind for kind in Kind if kind.fails}
