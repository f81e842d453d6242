"""What a run has shown is judged without pity."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from tests.trials.observe.cardinality import Cardinality
from tests.trials.observe.expressions import RECORDED, Key, Question, Verdict, judge
from tests.trials.observe.report import Report, tables
from tests.trials.observe.scenes import Sighting

SEEN = Sighting(Key("OrderRelayHeld", "critical"), "it is cut", 27.0, 3.0, answered=True)
QUESTION = Question(RECORDED, "order_relay:orders:rate5m", "sum (x)")
COUNTED = Cardinality(310, 10_000, 300, 300, 300, 300, ())


@pytest.mark.parametrize(
    ("sighting", "good"),
    [
        (SEEN, True),
        (replace(SEEN, fired_after=None), False),
        (replace(SEEN, resolved_after=None), False),
        (replace(SEEN, answered=False), False),
        (replace(SEEN, problem="it fires again"), False),
        (Sighting(SEEN.alert, SEEN.cause, impossible="no root"), True),
    ],
)
def test_an_alert_must_fire_answer_and_end(sighting: Sighting, *, good: bool) -> None:
    """Or its cause cannot be had here, which the table says."""
    report = Report([sighting])
    assert report.good is good
    assert bool(report.problems()) is not good
    assert sighting.impossible in _shown(report)


@pytest.mark.parametrize(
    ("series", "why_empty", "problem"),
    [
        (2, "", ""),
        (0, "nothing happened", ""),
        (0, "", "no series"),
        (1, "nothing happened", "answers with 1 series, and is listed as empty: nothing happened"),
    ],
)
def test_the_list_of_empty_ones_is_exact(series: int, why_empty: str, problem: str) -> None:
    """What answers must not be on it, and what does not must be."""
    verdict = judge(QUESTION, series, why_empty)
    assert verdict.problem == problem
    assert Report([SEEN], [verdict]).good is not bool(problem)


@pytest.mark.parametrize(
    ("counted", "good"),
    [
        (COUNTED, True),
        (replace(COUNTED, page_after=311), False),
        (replace(COUNTED, prometheus_after=311), False),
        (replace(COUNTED, new=("x",)), False),
        (replace(COUNTED, sent=0), False),
        (replace(COUNTED, prometheus_before=0), False),
    ],
)
def test_series_stay_within_their_bound(counted: Cardinality, *, good: bool) -> None:
    """And no message makes one."""
    assert Report([SEEN], cardinality=counted).good is good


def test_a_page_that_promtool_minds_is_wrong() -> None:
    """Its words are told."""
    report = Report([SEEN], metrics_problem="no help text")
    assert not report.good
    assert report.problems() == ["promtool check metrics: no help text"]


def test_the_tables_show_all_of_it() -> None:
    """Counts by where the expressions stand, times, causes, series."""
    verdicts = [Verdict(QUESTION, 1), Verdict(QUESTION, 0, rightly_empty="quiet")]
    shown = _shown(Report([SEEN], verdicts, COUNTED, ""))
    for text in ("recording rules", "Held", "27 s", "it is cut", "10,000", "310", "clean"):
        assert text in shown


def test_nothing_seen_is_nothing_shown() -> None:
    """A run without any alert is no success."""
    assert not Report([]).good
    assert not Report([SEEN], [Verdict(QUESTION, 0, problem="bad")]).good


def _shown(report: Report) -> str:
    console = Console(width=160, file=io.StringIO(), record=True)
    console.print(tables(report))
    return console.export_text()
