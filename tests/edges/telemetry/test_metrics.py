"""The metrics: the contract's table, the series at the start, and what each event changes."""

from typing import get_args

import pytest
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from service.core import outcome as outcomes
from service.core.codes import Code
from service.core.outcome import label
from service.edges.telemetry import catalogue
from service.edges.telemetry.catalogue import Metric
from service.edges.telemetry.metrics import Metrics
from service.flow.events import Event
from service.flow.events.labels import ConnectionName, LostCause
from service.flow.events.order import AttemptEnded
from service.flow.events.process import BrokerConnected, BrokerLost, Started
from service.flow.sending.limits import Limits
from tests.edges.telemetry import contract
from tests.edges.telemetry.built import answered, retry_planned, started
from tests.edges.telemetry.example import Example
from tests.edges.telemetry.examples import AT_START, EXAMPLES
from tests.edges.telemetry.samples import changes, shown

TIERS = (1, 5, 30)

CATALOGUE = {each.name: each for each in vars(catalogue).values() if isinstance(each, Metric)}


def test_the_catalogue_is_the_contracts_table() -> None:
    """Names, types and labels are those of the contract, no more and no fewer."""
    ours = {name: (str(each.kind), set(each.labels)) for name, each in CATALOGUE.items()}
    assert ours == contract.rows()


@pytest.mark.parametrize("name", contract.rows())
def test_every_metric_of_the_contract_is_exposed(name: str) -> None:
    """A scrape of a started process shows the metric with its type, its help and its labels."""
    kind, labels = contract.rows()[name]
    text = generate_latest(started(*TIERS).registry).decode()
    families = {each.name: each for each in text_string_to_metric_families(text)}
    family = families[name.removesuffix("_total").removesuffix("_info")]
    assert family.type == kind
    assert family.documentation == CATALOGUE[name].help
    shown_labels = {key for each in family.samples for key in each.labels} - {"le"}
    assert shown_labels == labels
    assert any(each.name.startswith(name) for each in family.samples)


def test_process_and_garbage_collector_are_exposed() -> None:
    """The registry is the relay's own, and has the usual metrics of a Python process."""
    names = {each.name for each in Metrics(TIERS).registry.collect()}
    assert {"process_cpu_seconds", "python_info", "python_gc_collections"} <= names


def test_no_series_has_a_twin_for_its_creation_time() -> None:
    """A scrape shows no `_created` samples."""
    families = Metrics(TIERS).registry.collect()
    assert not [
        each.name
        for family in families
        for each in family.samples
        if each.name.endswith("_created")
    ]


def test_known_series_are_there_from_the_start() -> None:
    """Before the first event every closed combination of labels is shown, with 0.

    But for the budgets: there is none yet, and none is not 0.
    """
    start = shown(Metrics(TIERS).registry)
    assert {name: value for name, value in start.items() if value} == AT_START
    expected = {
        "deliveries_total[redelivered=true]",
        "settled_total[settlement=returned]",
        "replies_total[status=accepted,code=]",
        "api_requests_total[outcome=misconfigured]",
        "api_request_duration_seconds_count[outcome=refused]",
        "order_duration_seconds_count[status=failed]",
        "publish_duration_seconds_count[kind=parked]",
        "held[reason=throttled]",
        "broker_connected[connection=consume]",
        *(f"retries_total[outcome=unknown,delay_seconds={tier}]" for tier in TIERS),
        *(f"broker_reconnects_total[connection=publish,cause={cause}]" for cause in LostCause),
    }
    assert expected <= start.keys()
    later = shown(started(*TIERS).registry).keys() - start.keys()
    assert {name.partition("[")[0] for name in later} == {"budget_per_second", "build_info"}


def test_every_code_has_its_series_from_the_start() -> None:
    """Each code of a reply belongs to exactly one status."""
    listed = [code for codes in catalogue.CODES_BY_STATUS.values() for code in codes]
    assert sorted(listed) == sorted(["", *Code])


def test_the_listed_outcomes_are_all_that_an_attempt_can_come_to() -> None:
    """The closed set of the catalogue is that of the classification."""
    examples: list[outcomes.Outcome] = [
        outcomes.Accepted("1"),
        outcomes.Refused(Code.REFUSED, "no", 400),
        outcomes.Throttled(429, None),
        outcomes.Suspected(401, "no"),
        outcomes.Unreached("no"),
        outcomes.Unknown("no"),
    ]
    assert [type(each) for each in examples] == list(get_args(outcomes.Outcome))
    assert tuple(map(label, examples)) == catalogue.OUTCOMES


def test_every_event_has_an_example() -> None:
    """The table below leaves out no class of the closed union."""
    assert {type(each.event) for each in EXAMPLES} == set(get_args(Event))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: repr(each.event))
def test_an_event_changes_its_metrics_and_no_others(example: Example) -> None:
    """The values that differ after the event are exactly those of the table."""
    metrics = Metrics(TIERS)
    before = shown(metrics.registry)
    metrics.record(example.event)
    assert changes(before, shown(metrics.registry)) == example.metrics


def test_a_lost_connection_is_down_until_it_is_made_anew() -> None:
    """`broker_connected` follows the connection that the event names."""
    metrics = Metrics(TIERS)
    seen = []
    for event in (
        BrokerConnected(ConnectionName.CONSUME, "broker"),
        BrokerLost(ConnectionName.CONSUME, LostCause.CONNECTION_CLOSED, "gone", 1.0),
        BrokerConnected(ConnectionName.CONSUME, "broker"),
    ):
        metrics.record(event)
        seen.append(shown(metrics.registry)["broker_connected[connection=consume]"])
    assert seen == [1, 0, 1]


def test_a_budget_that_is_gone_is_shown_no_more() -> None:
    """The share is +Inf then; the last number would be read as a limit."""
    metrics = Metrics(TIERS)
    start = shown(metrics.registry)
    limited = Limits(concurrency=64, set_per_second=12.5, ceiling_per_second=8.0)
    metrics.record(limited.changed(None))
    assert shown(metrics.registry)["rate_limit_per_second[]"] == 8.0
    metrics.record(Limits(concurrency=64).changed(None))
    after = {"concurrency_limit[]": 64, "peers[]": 1}
    assert changes(start, shown(metrics.registry)) == after
    assert after.keys() <= start.keys()


def test_the_oldest_orders_age_is_asked_for_at_every_scrape() -> None:
    """It needs no event to grow."""
    metrics = Metrics(TIERS)
    ages = iter([1.5, 61.5])
    metrics.watch_oldest_order(lambda: next(ages))
    name = "oldest_order_age_seconds[]"
    assert [shown(metrics.registry)[name] for _ in range(2)] == [1.5, 61.5]


def test_a_second_start_replaces_the_build_info() -> None:
    """There is one build, the last that was told."""
    metrics = Metrics(TIERS)
    metrics.record(Started("1", "3.12"))
    metrics.record(Started("2", "3.13"))
    build = [name for name in shown(metrics.registry) if name.startswith("build_info")]
    assert build == ["build_info[version=2,python=3.13]"]


@pytest.mark.parametrize(
    "event",
    [
        AttemptEnded("o-7", 1, "o-7", 200, None, 0.1),
        retry_planned(tier_seconds=7),
        answered(status="o-7"),
        answered(status="rejected", code="o-7"),
    ],
    ids=["outcome", "tier", "status", "code"],
)
def test_no_label_leaves_its_closed_set(event: Event) -> None:
    """A word that is in no closed set makes no series."""
    metrics = Metrics(TIERS)
    before = shown(metrics.registry)
    with pytest.raises((KeyError, ValueError)):
        metrics.record(event)
    assert shown(metrics.registry) == before


@pytest.mark.parametrize(
    ("metric", "lowest", "highest"),
    [
        (catalogue.ORDER_DURATION, 0.01, 86_400),
        (catalogue.API_DURATION, 0.005, 30),
        (catalogue.PUBLISH_DURATION, 0.001, 10),
        (catalogue.LOOP_LAG, 0.001, 5),
    ],
    ids=lambda each: getattr(each, "name", None),
)
def test_buckets_span_what_can_be_expected(metric: Metric, lowest: float, highest: float) -> None:
    """The bounds ascend from the fastest that matters to the slowest that is tolerated."""
    assert list(metric.buckets) == sorted(set(metric.buckets))
    assert (metric.buckets[0], metric.buckets[-1]) == (lowest, highest)
