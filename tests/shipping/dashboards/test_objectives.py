"""The dashboard "SLO" and the rules mean the same by an objective."""

import re
from itertools import pairwise

import pytest

from charts.sources.dashboards import slo
from charts.sources.dashboards.boards import panels
from charts.sources.dashboards.promql import AWAY
from tests.shipping.dashboards.backfill import layers
from tests.shipping.rules.reading import ROOT, Rule, alerts, all_rules

_RULES = {rule.name: rule.expression for rule in all_rules() if not rule.is_alert}
_RECORDED = re.compile(r"\border_relay:\w+:\w+")
_OBJECTIVES = {"OrderRelayAnswersBurn": slo.ANSWERED, "OrderRelayOutcomeUnknown": slo.CERTAIN}


def _alerts_of(prefix: str) -> str:
    return " ".join(rule.expression for rule in alerts() if rule.name.startswith(prefix))


def test_the_dashboard_asks_only_for_what_is_recorded() -> None:
    """But for what is held now; so there is no second reckoning of an objective."""
    expressions = [query.expression for panel in panels(slo.SLO) for query in panel.queries]
    used = {name for one in expressions for name in _RECORDED.findall(one)}
    assert used <= _RULES.keys()
    assert [one for one in expressions if not _RECORDED.search(one)] == [
        query.expression for query in panels(slo.SLO)[-1].queries
    ]


def test_when_the_api_counts_as_away() -> None:
    """As the dashboard says: in these holds, and for the longest waiting tier after them."""
    held = f'order_relay_held{{reason=~"{"|".join(AWAY)}"}}'
    away = f"max by (namespace, job) (max_over_time({held}[{slo.AFTER}]))"
    assert _RULES["order_relay:api_away:max1h"] == away
    excused = " unless on (namespace, job) order_relay:api_away:max1h == 1"
    assert _RULES[f"{slo.ANSWERED.every}:rate5m"].endswith(excused)
    assert _RULES[f"{slo.ANSWERED.bad}:rate5m"].endswith(excused)
    assert (
        "api_away"
        not in _RULES[f"{slo.CERTAIN.every}:rate5m"] + _RULES[f"{slo.CERTAIN.bad}:rate5m"]
    )


def test_the_runbooks_say_so_too() -> None:
    """Each hold that counts, by its name, and that throttling is none."""
    text = (ROOT / "docs" / "runbooks" / "README.md").read_text(encoding="utf-8")
    objectives = " ".join(text.split("## The objectives")[1].split("##")[0].split())
    assert " or ".join(f"`{reason}`" for reason in AWAY) in objectives
    assert "one hour after it (the longest waiting tier)" in objectives
    assert "Throttling counts" in objectives


@pytest.mark.parametrize("prefix", _OBJECTIVES)
def test_the_alerts_speak_at_the_same_share(prefix: str) -> None:
    """That of the budget left, at the burn rates that are drawn."""
    objective: slo.Objective = _OBJECTIVES[prefix]
    said = _alerts_of(prefix)
    assert f"{objective.bad}:ratio_rate1h > {slo.FAST} * {objective.allowed}" in said
    shares = set(re.findall(rf"{objective.bad}:ratio_rate\w+ > [\d.]+ \* ([\d.]+)", said))
    assert shares == {objective.allowed}


def test_someone_is_called_at_the_drawn_rates() -> None:
    """Over one hour and over six."""
    said = _alerts_of("OrderRelayAnswersBurnFast")
    assert f"{slo.ANSWERED.bad}:ratio_rate1h > {slo.FAST:g} * " in said
    assert f"{slo.ANSWERED.bad}:ratio_rate6h > {slo.MEDIUM:g} * " in said


@pytest.mark.parametrize("window", [*slo.BURNS, "30d"])
@pytest.mark.parametrize("objective", [slo.ANSWERED, slo.CERTAIN], ids=["answered", "certain"])
def test_a_share_is_recorded_of_the_series_that_are_drawn(
    objective: slo.Objective, window: str
) -> None:
    """Bad ones of all, added up over the same window."""
    bad, every = f"{objective.bad}:rate5m", f"{objective.every}:rate5m"
    assert _RULES[f"{objective.bad}:ratio_rate{window}"] == (
        f"sum_over_time({bad}[{window}]) / (sum_over_time({every}[{window}]) > 0)"
    )


def test_layers_begin_with_what_reads_nothing_recorded() -> None:
    """And each reads only what the layers above it record."""
    found = list(layers([rule for rule in all_rules() if not rule.is_alert]))
    assert [rule.name for rule in found[0] if _RECORDED.search(rule.expression)] == []
    for above, below in pairwise(found):
        names = {rule.name for rule in above}
        assert all(names & set(_RECORDED.findall(rule.expression)) for rule in below)
    fields = {"expr": "order_relay:a:b"}
    circle = [Rule(f"order_relay:a:{one}", is_alert=False, fields=fields) for one in "bc"]
    with pytest.raises(ValueError, match="order_relay:a:b, order_relay:a:c"):
        list(layers(circle))
