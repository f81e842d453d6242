"""The rows about what limits sending: the budget, the share, and what orders wait for."""

import pytest

from service.commands.top.limits import Limits, limits
from service.commands.top.scraping import parse
from service.core.depths import Unreadable
from service.flow.sending import limits as flow
from tests.commands.top import scenes
from tests.commands.top.drawing import drawn
from tests.commands.top.relay import RelayMetrics
from tests.commands.top.test_figures import scrape

HIDDEN = Unreadable("no")


def found(*relays: RelayMetrics) -> Limits:
    """What limits these relays, each scraped once."""
    scrapes = {f"{number}:1": [relay.scrape(0)] for number, relay in enumerate(relays)}
    return limits(scenes.view_of(scrapes, HIDDEN))


def limited(
    set_per_second: float | None = None,
    ceiling_per_second: float | None = None,
    share: float = 1.0,
    peers: int = 1,
) -> RelayMetrics:
    """A relay with these limits."""
    relay = RelayMetrics()
    relay.limit(
        flow.Limits(
            concurrency=64,
            set_per_second=set_per_second,
            ceiling_per_second=ceiling_per_second,
            share=share,
            peers=peers,
        )
    )
    return relay


@pytest.mark.parametrize(
    ("relays", "budget", "share"),
    [
        ([limited()], "no limit", "no limit, 1 replica"),
        ([limited(80)], "set 80.0", "80.0 /s, 1 replica"),
        ([limited(None, 76.42)], "learned 76.4", "76.4 /s, 1 replica"),
        ([limited(160, 76.42)], "learned 76.4, set 160", "76.4 /s, 1 replica"),
        ([limited(80, 95)], "set 80.0, learned 95.0", "80.0 /s, 1 replica"),
        # The second would be cut, and be read as another number.
        ([limited(12_345, 9_876)], "learned 9 876", "9 876 /s, 1 replica"),
        # One of three is asked; all three are; one of them has heard of a lower budget.
        ([limited(90, share=1 / 3, peers=3)], "set 90.0", "30.0 /s, 3 replicas"),
        ([limited(90, share=1 / 3, peers=3)] * 3, "set 90.0", "90.0 /s, 3 replicas"),
        ([limited(90), limited(90, 60, peers=2)], "learned 60.0, set 90.0", "150 /s, 2 replicas"),
    ],
)
def test_what_all_share_and_what_these_may_take(
    relays: list[RelayMetrics], budget: str, share: str
) -> None:
    """The smallest budget counts; the shares are added up."""
    seen = found(*relays)
    assert (seen.budget, seen.share) == (budget, share)


def test_a_relay_that_tells_neither_is_no_relay_without_a_limit() -> None:
    """One of an older version."""
    view = scenes.view_of({"a:1": [scrape(0, "order_relay_rate_limit_per_second 20")]}, HIDDEN)
    assert (limits(view).budget, limits(view).share) == ("-", "20.0 /s")


@pytest.mark.parametrize(
    ("relay", "sent", "in_flight", "waits_for"),
    [
        (limited(50), 449, 63, ""),
        (limited(50), 450, 63, "the budget"),
        (limited(50), 450, 64, "the budget"),
        (limited(50), 10, 64, "the concurrency"),
        (limited(), 450, 64, "the concurrency"),
        (limited(50, share=0), 0, 0, ""),
    ],
)
def test_what_orders_wait_for_where_nothing_is_held(
    relay: RelayMetrics, sent: int, in_flight: int, waits_for: str
) -> None:
    """In ten seconds between two scrapes; the row of the holds says it."""
    earlier = relay.scrape(0)
    relay.accept(sent)
    relay.at_the_api(in_flight)
    view = scenes.view_of({scenes.ADDRESS: [earlier, relay.scrape(10)]}, HIDDEN)
    assert limits(view).waits_for == waits_for
    assert f"held          no{f', at {waits_for}' if waits_for else ''}" in drawn(view, 80, 24)


def test_no_series_of_a_foreign_source_is_taken_for_a_budget() -> None:
    """Nor one with other labels."""
    text = RelayMetrics().text() + (
        'order_relay_budget_per_second{source="x"} 1\n'
        'order_relay_budget_per_second{source="set",other="y"} 2\n'
        "order_relay_budget_per_second 3\n"
    )
    assert parse(text)["order_relay_budget_per_second"]
    seen = limits(scenes.view_of({"a:1": [scrape(0, text)]}, HIDDEN))
    assert seen.budget == "set 50.0"
