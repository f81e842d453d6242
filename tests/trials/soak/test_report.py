"""Each check of a soak, seen to fail."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.trials.soak.report import Findings, Report, Sample, report
from tests.world.load import Reply

IDS = {"a": "ord_1", "b": "ord_2", "c": "ord_3"}
TOTALS = {"orders": 2, "request_ids": 2, "more_than_one_order": 0, "conflicts": 0, "calls": 2}


def ledger(totals: dict[str, int] | None = None, **orders: int) -> dict[str, Any]:
    """The stand-in's, with a count of orders for each request_id, by default one."""
    entries = {
        name: {"orders": count, "answer": json.dumps({"order": IDS[name]}), "conflicts": 0}
        for name, count in (orders or {"a": 1, "b": 1}).items()
    }
    return {**TOTALS, **(totals or {}), "by_request_id": entries}


GOOD = Findings(
    expected=frozenset({"a", "b"}),
    replies={"a": Reply("accepted", "ord_1", 1.0), "b": Reply("accepted", "ord_2", 2.0)},
    repeated={},
    ledger=ledger(),
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


B = Reply("accepted", "ord_2", 2.0)


@pytest.mark.parametrize(
    ("bad", "problems"),
    [
        ({"replies": {"a": GOOD.replies["a"]}}, ["1 lost: b (confirmed"]),
        (
            {"replies": {**GOOD.replies, "b": replace(B, status="unknown")}},
            ["unparked", "b (un"],
        ),
        (
            {"replies": {**GOOD.replies, "b": replace(B, order="ord_1")}},
            ["1 contradictory: b (told"],
        ),
        ({"repeated": {"b": 3}}, ["1 replied to more than once: b"]),
        ({"queues": {**GOOD.queues, "orders.retry.5": 4}}, ["4 messages left in orders.retry.5"]),
        (
            {"queues": {"orders.requests": 0, "orders.parked": 0, "orders.unrouted": 0}},
            ["there is no queue for retry"],
        ),
        (
            {"samples": (GOOD.samples[0], Sample(2, 4.0, 60_101, 0.3, 0))},
            ["the relay grew by 101 KiB; at most 100 KiB are allowed"],
        ),
        ({"relay_exit_code": 75}, ["the relay ended with 75"]),
        ({"troubles": ("oh",)}, ["1 lines of trouble in the relay's log: oh"]),
        (
            {"ledger": ledger({"orders": 3, "more_than_one_order": 1}, a=1, b=2)},
            ["1 doubled: b (2 orders exist", "has 3 orders, not 2", "has 1 more_than_one_order"],
        ),
        (
            {"ledger": ledger({"orders": 1, "request_ids": 1}, a=1)},
            ["1 contradictory: b (told", "has 1 orders, not 2", "has 1 request_ids, not 2"],
        ),
        (
            {"ledger": ledger({"orders": 3, "request_ids": 3}, a=1, b=1, c=1)},
            ["1 invented: c (never", "has 3 orders, not 2", "has 3 request_ids, not 2"],
        ),
        ({"ledger": ledger({"conflicts": 1})}, ["the ledger has 1 conflicts, not 0"]),
    ],
)
def test_what_is_wrong_is_said(bad: dict[str, Any], problems: list[str]) -> None:
    """One fault gives its problems, each with the orders that it is about, and no other."""
    found = judged(replace(GOOD, **bad)).problems
    assert len(found) == len(problems)
    assert all(wanted in said for wanted, said in zip(problems, found, strict=True))
