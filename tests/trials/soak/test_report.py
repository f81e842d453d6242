"""Each check of a soak, seen to fail."""

from dataclasses import replace

import pytest

from tests.trials.soak.report import Findings, Ledger, Report, Sample, report
from tests.world.load import Reply

TOTALS = {"orders": 2, "request_ids": 2, "more_than_one_order": 0, "conflicts": 0, "calls": 2}
LEDGER = Ledger(
    totals=TOTALS,
    orders={"a": 1, "b": 1},
    answers={"a": '{"order": "ord_1"}', "b": '{"order": "ord_2"}'},
)
GOOD = Findings(
    expected=frozenset({"a", "b"}),
    replies={"a": Reply("accepted", "ord_1", 1.0), "b": Reply("accepted", "ord_2", 2.0)},
    repeated={},
    ledger=LEDGER,
    queues={
        "orders.requests": 0,
        "orders.retry.1": 0,
        "orders.retry.5": 0,
        "orders.parked": 0,
        "orders.unrouted": 0,
    },
    samples=(Sample(1, 1.0, 60_000, 0.1, 1), Sample(2, 4.0, 60_100, 0.3, 0)),
    relay_exit_code=0,
)


def judged(found: Findings) -> Report:
    """The report, when the relay may grow by 100 KiB."""
    return report(found, growth_limit_kib=100)


def test_nothing_is_wrong_with_a_good_soak() -> None:
    """The numbers are those of the findings."""
    good = judged(GOOD)
    assert good.problems == []
    assert (good.orders, good.replies, good.duplicates, good.growth_kib) == (2, 2, 0, 100)
    assert good.orders_per_second == 0.5
    assert round(good.cpu_microseconds_per_order) == 150_000
    assert good.as_json()["samples"][1]["backlog"] == 0


@pytest.mark.parametrize(
    ("bad", "problems"),
    [
        (replace(GOOD, replies={"a": GOOD.replies["a"]}), ["1 orders without a reply: b"]),
        (
            replace(GOOD, replies={**GOOD.replies, "b": Reply("unknown", "ord_2", 2.0)}),
            ["1 orders that were not accepted: b (unknown)"],
        ),
        (
            replace(GOOD, replies={**GOOD.replies, "b": Reply("accepted", "ord_1", 2.0)}),
            ["1 replies with another order id than the API gave: b"],
        ),
        (replace(GOOD, repeated={"b": 3}), ["1 orders that were replied to more than once: b"]),
        (
            replace(GOOD, queues={**GOOD.queues, "orders.retry.5": 4}),
            ["4 messages left in orders.retry.5"],
        ),
        (
            replace(GOOD, queues={"orders.requests": 0, "orders.parked": 0, "orders.unrouted": 0}),
            ["there is no queue for retry"],
        ),
        (
            replace(GOOD, samples=(GOOD.samples[0], Sample(2, 4.0, 60_101, 0.3, 0))),
            ["the relay grew by 101 KiB; at most 100 KiB are allowed"],
        ),
        (replace(GOOD, relay_exit_code=75), ["the relay ended with 75"]),
        (replace(GOOD, troubles=("oh",)), ["1 lines of trouble in the relay's log: oh"]),
    ],
)
def test_what_is_wrong_is_said(bad: Findings, problems: list[str]) -> None:
    """One fault gives one problem."""
    assert judged(bad).problems == problems


@pytest.mark.parametrize(
    ("ledger", "problems"),
    [
        (
            replace(
                LEDGER,
                orders={"a": 1, "b": 2},
                totals=TOTALS | {"orders": 3, "more_than_one_order": 1},
            ),
            [
                "1 request_ids with another number of orders than one: b (2)",
                "the ledger has 3 orders, not 2",
                "the ledger has 1 more_than_one_order, not 0",
            ],
        ),
        (
            replace(LEDGER, orders={"a": 1}, totals=TOTALS | {"orders": 1, "request_ids": 1}),
            [
                "1 request_ids that made no order: b",
                "the ledger has 1 orders, not 2",
                "the ledger has 1 request_ids, not 2",
            ],
        ),
        (
            replace(
                LEDGER,
                orders={"a": 1, "b": 1, "c": 1},
                totals=TOTALS | {"orders": 3, "request_ids": 3},
            ),
            [
                "1 request_ids that nobody sent: c",
                "the ledger has 3 orders, not 2",
                "the ledger has 3 request_ids, not 2",
            ],
        ),
        (replace(LEDGER, totals=TOTALS | {"conflicts": 1}), ["the ledger has 1 conflicts, not 0"]),
    ],
)
def test_a_ledger_that_is_not_exact(ledger: Ledger, problems: list[str]) -> None:
    """Every order too many or too few is named, and the totals that do not fit."""
    assert judged(replace(GOOD, ledger=ledger)).problems == problems
