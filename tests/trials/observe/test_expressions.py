"""How an expression of a dashboard is asked on a short run."""

import pytest

from service.core.decision import RetryPolicy
from tests.edges.telemetry.built import started
from tests.trials.observe.cardinality import OURS, bound
from tests.trials.observe.expressions import Question, Run, filled, whole_step

RUN = Run(began=1000.0, ended=1090.4, every_seconds=1)


def test_variables_are_filled_in_as_grafana_does() -> None:
    """All of everything, four scrapes, the length of the run."""
    question = Question("g", "w", 'rate(x{job=~"$job|"}[$__rate_interval]) + y[$__range] + $1')
    assert filled(question, RUN) == 'rate(x{job=~".*|"}[4s]) + y[91s] + $1'


@pytest.mark.parametrize(
    ("expression", "moment"),
    [
        ("rate(x[5m])", 1090.4),
        ("sum_over_time((rate(x[1h]))[30d:1h])", 3601.0),
        ("sum_over_time(x[1h:5m]) / sum_over_time(x[6h:15m])", 1801.0),
    ],
)
def test_a_subquery_is_asked_at_its_next_whole_step(expression: str, moment: float) -> None:
    """Before it there is none in a run of minutes."""
    assert whole_step(expression, RUN.ended) == moment


def test_the_bound_is_what_a_relay_shows_at_most() -> None:
    """Every label set that the catalogue allows is there, and none is allowed besides."""
    tiers = RetryPolicy().delays_seconds
    shown = [
        sample
        for family in started(*tiers).registry.collect()
        for sample in family.samples
        if sample.name.startswith(OURS)
    ]
    assert len(shown) == bound(len(tiers))
    assert bound(len(tiers) + 1) > bound(len(tiers))
