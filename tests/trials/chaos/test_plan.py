"""A scenario and a seed give one plan, whenever they are asked."""

import json
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trials.chaos.kinds import DELETES_QUEUES, Kind
from tests.trials.chaos.plan import NOBODY, UNKNOWN_SERVICE, orders, timeline
from tests.trials.chaos.scenario import FaultPlan, Load, RelaySettings, Scenario, Span, load

KNOWN = (3.440001, 1.946127, 1)

seeds = st.integers(0, 10**6)
spans = st.tuples(st.floats(0, 20), st.floats(0, 20)).map(
    lambda ends: Span(least=min(ends), most=max(ends))
)
entries = st.builds(
    FaultPlan, kind=st.sampled_from(Kind), every_seconds=st.floats(1, 100), lasts=spans
)
scenarios = st.builds(
    Scenario,
    name=st.just("made"),
    about=st.just("made"),
    replicas=st.integers(1, 4),
    nodes=st.just(3),
    load=st.builds(Load, orders=st.integers(1, 6000)),
    relay=st.just(RelaySettings(topology="check")),
    faults=st.lists(entries, min_size=1, max_size=4, unique_by=lambda entry: entry.kind).map(tuple),
)


def test_a_known_seed_gives_the_known_plan() -> None:
    """What is printed with a run can be run again, by another process on another machine."""
    kill = FaultPlan(kind=Kind.RELAY_KILL, every_seconds=5.0, lasts=Span(least=1.0, most=2.0))
    scenario = Scenario(name="known", about="known", load=Load(orders=400), faults=(kill,))
    first = timeline(scenario, 1)[0]
    assert (round(first.at_seconds, 6), round(first.lasts_seconds, 6), first.replica) == KNOWN
    assert [order.request_id for order in orders(Load(orders=2), 7)] == [
        "chaos-7-000000",
        "chaos-7-000001",
    ]


@given(scenarios, seeds)
@settings(max_examples=30, deadline=None)
def test_the_same_seed_gives_the_same_plan(scenario: Scenario, seed: int) -> None:
    """Of faults and of orders."""
    assert timeline(scenario, seed) == timeline(scenario.model_copy(), seed)
    few = scenario.load.model_copy(update={"orders": 20})
    assert list(orders(few, seed)) == list(orders(few, seed))


def test_another_seed_gives_another_plan() -> None:
    """Else there would be no use for more than one run."""
    plans = {timeline(load("everything"), seed) for seed in range(20)}
    assert len(plans) == 20


@given(scenarios, seeds)
@settings(max_examples=30, deadline=None)
def test_faults_are_within_their_bounds(scenario: Scenario, seed: int) -> None:
    """In order, while orders are sent, each kind at least once, for as long as it may."""
    planned = timeline(scenario, seed)
    lasts = {entry.kind: entry.lasts for entry in scenario.faults}
    assert {fault.kind for fault in planned} == lasts.keys()
    assert list(planned) == sorted(planned, key=lambda fault: fault.at_seconds)
    for fault in planned:
        assert 0 <= fault.at_seconds < scenario.seconds
        assert lasts[fault.kind].least <= fault.lasts_seconds <= lasts[fault.kind].most
        assert fault.replica in range(scenario.replicas)
        assert 0 <= fault.draw < 1


@given(scenarios, seeds)
@settings(max_examples=30, deadline=None)
def test_a_kind_does_not_overlap_itself(scenario: Scenario, seed: int) -> None:
    """What ends the first would end the second with it."""
    for entry in scenario.faults:
        same = [fault for fault in timeline(scenario, seed) if fault.kind is entry.kind]
        for before, after in pairwise(same):
            assert before.at_seconds + before.lasts_seconds < after.at_seconds


@given(scenarios, seeds)
@settings(max_examples=30, deadline=None)
def test_one_entry_more_leaves_the_others(scenario: Scenario, seed: int) -> None:
    """So that a fault can be added to a scenario, and an old seed still tells something."""
    fewer = scenario.model_copy(update={"faults": scenario.faults[:1]})
    kind = scenario.faults[0].kind
    whole = [fault for fault in timeline(scenario, seed) if fault.kind is kind]
    assert list(timeline(fewer, seed)) == whole


def test_orders_are_of_every_sort_in_their_shares() -> None:
    """Good and bad, timed, twice, and for nobody."""
    chosen = Load(
        orders=5000,
        share_bad=0.1,
        share_with_deadline=0.2,
        share_twins=0.3,
        share_unrouted=0.05,
        deadline=Span(least=1.0, most=2.0),
        twin_after=Span(least=3.0, most=4.0),
    )
    planned = list(orders(chosen, 1))
    assert len({order.request_id for order in planned}) == 5000
    timed = [order for order in planned if order.deadline_after_seconds is not None]
    twice = [order for order in planned if order.twin_after_seconds is not None]
    for share, found in (
        (0.1, [order for order in planned if _is_bad(order.body)]),
        (0.2, timed),
        (0.3, twice),
        (0.05, [order for order in planned if order.reply_to == NOBODY]),
    ):
        assert abs(len(found) / 5000 - share) < 0.02
    assert all(1 <= (order.deadline_after_seconds or 0) <= 2 for order in timed)
    assert all(3 <= (order.twin_after_seconds or 0) <= 4 for order in twice)


def test_what_deletes_queues_is_a_fault_of_the_broker() -> None:
    """The rule about them names kinds that exist."""
    assert all(kind.startswith("broker.delete_") for kind in DELETES_QUEUES)


def _is_bad(body: str) -> bool:
    if not body.startswith("{"):
        return True
    order = json.loads(body)
    if order["service"] == UNKNOWN_SERVICE or order["quantity"] < 1:
        return True
    return "link" not in order or "key" in order
