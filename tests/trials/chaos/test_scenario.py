"""Scenarios are files that are right, or refused with what is wrong with them."""

import re
from pathlib import Path

import pytest

from tests.trials.chaos.faults import FAULTS
from tests.trials.chaos.kinds import OF_CLUSTERS, Kind
from tests.trials.chaos.scenario import ScenarioError, load, names

WANTED = {"relay", "broker", "network", "api", "exact", "everything", "quick", "cluster"}
FAULT = '\n[[faults]]\nkind = "relay.kill"\nevery_seconds = 5\n'


def test_the_scenarios_are_there() -> None:
    """Those that are promised, at least."""
    assert set(names()) >= WANTED


@pytest.mark.parametrize("name", names())
def test_every_scenario_loads(name: str) -> None:
    """Its name is its file's."""
    scenario = load(name)
    assert scenario.name == name
    assert scenario.seconds > 0


def test_every_kind_of_fault_can_be_carried_out_and_is_in_a_scenario() -> None:
    """A kind that no scenario has would never strike."""
    assert all(map(callable, FAULTS.values()))
    on_one_node = {plan.kind for plan in load("everything").faults}
    on_three = {plan.kind for plan in load("cluster").faults}
    assert on_one_node == set(Kind) - OF_CLUSTERS
    assert on_three >= OF_CLUSTERS


def test_another_number_of_orders_makes_it_longer_and_changes_nothing_else() -> None:
    """As the command line asks for it."""
    quick = load("quick")
    longer = quick.with_load(2 * quick.load.orders)
    assert longer.seconds == 2 * quick.seconds
    assert longer.with_load(quick.load.orders) == quick
    assert quick.with_load() == quick
    assert quick.with_load(rate=7).load.rate_per_second == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("about = ", r"wrong\.toml: Invalid value"),
        ("about = 'a'", r"faults: Field required"),
        ("about = ''" + FAULT, r"about: String should have at least 1 character"),
        ("about = 'a'\nreplica = 2" + FAULT, r"replica: Extra inputs are not permitted"),
        ("about = 'a'\nreplicas = '2'" + FAULT, r"replicas: Input should be a valid integer"),
        ("about = 'a'" + FAULT.replace("kill", "tickle"), r"faults\.0\.kind: Input should be 'rel"),
        ("about = 'a'" + FAULT.replace("5", "0"), r"faults\.0\.every_seconds: .* greater than 0"),
        (
            f"about = 'a'{FAULT}lasts = {{ least = 2, most = 1 }}",
            r"faults\.0\.lasts: Value error, least \(2\) is more than most \(1\)",
        ),
        (
            f"about = 'a'\n[load]\nshare_bad = 0.6\nshare_with_deadline = 0.5{FAULT}",
            r"load: Value error, share_bad and share_with_deadline together are more than 1",
        ),
        (
            "about = 'a'" + FAULT.replace("relay.kill", "broker.delete_retry"),
            r'scenario: Value error, broker\.delete_retry needs relay\.topology = "check"',
        ),
        (
            "about = 'a'" + FAULT.replace("relay.kill", "broker.move_leaders"),
            r"scenario: Value error, broker\.move_leaders needs nodes = 3",
        ),
    ],
)
def test_a_wrong_scenario_is_refused(text: str, message: str, tmp_path: Path) -> None:
    """With the file, the place in it, and what would be right."""
    (tmp_path / "wrong.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=message) as refused:
        load("wrong", tmp_path)
    assert str(refused.value).startswith("wrong.toml: ")


def test_a_scenario_that_does_not_exist() -> None:
    """The message names those that do."""
    with pytest.raises(ScenarioError, match=re.escape("no scenario 'noone'; there are api, ")):
        load("noone")
