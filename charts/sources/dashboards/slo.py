"""The dashboard "SLO": two objectives, how fast their budgets burn, and what is left of them.

It shows what the rules of the chart record, so that it and the alerts can never disagree.
"""

from dataclasses import dataclass, replace
from functools import partial

from charts.sources.dashboards.colours import BAD, GOOD, WARN
from charts.sources.dashboards.orders.api import HELD
from charts.sources.dashboards.panel import Board, Query, Row, Shape, Step, graph, number, row
from charts.sources.dashboards.promql import AWAY, recorded

AFTER = "1h"
"""How long after such a hold orders do not count yet: the longest waiting tier."""

_MONTH = "30d"
_STEP = "5m"
_STEP_SECONDS = 300
BURNS = {"1h": "over 1 hour", "6h": "over 6 hours", "3d": "over 3 days"}
"""The long windows of the alerts, and what they are called."""

FAST, MEDIUM = 14.4, 6.0
"""The burn rates over 1 and over 6 hours at which someone is called."""

_NO_RULES = "no orders yet, or Prometheus has not loaded the chart's rules"


@dataclass(frozen=True, slots=True)
class Objective:
    """The share of good orders that is promised, and the recorded series of all and bad ones.

    `counted` says which time counts, where not all does; `promise` says of which orders. `fast` and
    `slow` are the alerts for its burn rate.
    """

    title: str
    name: str
    counted: str
    promise: str
    share: float
    every: str
    bad: str
    good_name: str
    bad_name: str
    fast: str
    slow: str

    @property
    def allowed(self) -> str:
        """The share of orders that may go wrong, as PromQL writes it."""
        return f"{1 - self.share:.4g}"

    def bad_share(self, window: str) -> str:
        """Of the orders of a window, those that were not as promised; of the worst job."""
        return f"max ({recorded(f'{self.bad}:ratio_rate{window}')})"

    def burn(self, window: str) -> str:
        """How many times as fast as the budget allows it is used up."""
        return f"{self.bad_share(window)} / {self.allowed}"

    def a_second(self, which: str) -> str:
        """How many orders of a kind came to their end a second."""
        return f"sum ({recorded(f'{which}:rate5m')})"

    def bad_in_a_month(self) -> str:
        """How many, of steps that are added up one by one: a rate says how many there were."""
        steps = f"sum_over_time(({self.a_second(self.bad)})[{_MONTH}:{_STEP}])"
        return f"round({steps} * {_STEP_SECONDS})"


ANSWERED = Objective(
    title="99.9 % of the orders are answered within 60 s while the API is up",
    name="Answered in time",
    counted=" while the API was up",
    promise="answered within 60 s",
    share=0.999,
    every="order_relay:answers",
    bad="order_relay:answers_late",
    good_name="in time",
    bad_name="late",
    fast="OrderRelayAnswersBurnFast",
    slow="OrderRelayAnswersBurnSlow",
)
CERTAIN = Objective(
    title="Of 99.99 % of the orders it is known whether they exist",
    name="Certain",
    counted="",
    promise="with a known outcome",
    share=0.9999,
    every="order_relay:orders",
    bad="order_relay:orders_unknown",
    good_name="certain",
    bad_name="unknown",
    fast="OrderRelayOutcomeUnknown",
    slow="OrderRelayOutcomeUnknown",
)


_number = partial(number, none=_NO_RULES)
_graph = partial(graph, width=12, none=_NO_RULES)


def _row(objective: Objective) -> Row:
    name, bad = objective.name, objective.a_second(objective.bad)
    panels = (
        _number(
            f"{name}{objective.counted}, 30 days",
            f"1 - {objective.bad_share(_MONTH)}",
            f"Orders {objective.promise}, of all of the last 30 days that count.",
            f"at least {objective.share:.2%}.",
            "put reliability before other work until it is.",
            objective.slow,
            (Step(None, BAD), Step(objective.share, GOOD)),
            unit="percentunit",
            decimals=3,
        ),
        _number(
            f"{name}: budget left",
            f"1 - {objective.burn(_MONTH)}",
            "What is left of the orders that may go wrong in 30 days.",
            "more than half.",
            "below a quarter, change nothing that is not a repair; below nothing, the"
            " promise is broken.",
            objective.slow,
            (Step(None, BAD), Step(0.25, WARN), Step(0.5, GOOD)),
            unit="percentunit",
            decimals=1,
        ),
        _number(
            f"{name}: bad orders, 30 days",
            objective.bad_in_a_month(),
            f"Orders of the last 30 days that were not {objective.promise}.",
            "a few in a hundred thousand.",
            "see below when they were, and on the other dashboard what happened then.",
            objective.slow,
            (Step(None, GOOD), Step(1, WARN)),
        ),
        _graph(
            f"{name}: burn rate",
            "How many times as fast as it may the budget is used up. At 1, it lasts 30 days.",
            "under 1. Over 14.4 in an hour, a fiftieth of the month's budget is gone.",
            "someone is called at 14.4 (1 hour) and 6 (6 hours); above 1 for 3 days, find the cause"
            " in working hours.",
            objective.fast,
            *(Query(objective.burn(window), legend) for window, legend in BURNS.items()),
            unit="suffix:times",
            steps=(Step(None, "transparent"), Step(MEDIUM, WARN), Step(FAST, BAD)),
        ),
        _graph(
            f"{name}: good and bad orders",
            f"Orders that count, a second: those {objective.promise}, and the others.",
            "no others. A gap is time that does not count.",
            "see on the other dashboard what the API and the broker did at that time.",
            objective.fast,
            Query(f"{objective.a_second(objective.every)} - {bad}", objective.good_name),
            Query(bad, objective.bad_name),
            shape=Shape.STACK,
            unit="suffix:/s",
        ),
    )
    return row(objective.title, *panels)


_API_AWAY = f"max ({recorded('order_relay:api_away:max1h')})"

_COUNTED = _number(
    "Time that counted, 30 days",
    f"1 - avg_over_time(({_API_AWAY})[{_MONTH}:{_STEP}])",
    "The part of the last 30 days in which the API was up, so that orders counted.",
    "over 99 %. An hour is 0.14 % of 30 days.",
    "an objective that hardly ever counts promises little: take the outages up with the API's"
    " operators, and see that the key is renewed in time.",
    "OrderRelayHeld",
    (Step(None, BAD), Step(0.9, WARN), Step(0.99, GOOD)),
    unit="percentunit",
    decimals=1,
    tall=True,
)

SLO = Board(
    uid="order-relay-slo",
    title="order-relay / SLO",
    description="What is promised about orders, how well it is kept, and what is left to lose."
    " Prometheus must have loaded the chart's rules; an objective is of a job, not of an instance.",
    since="now-24h",
    refresh="5m",
    of_queues=False,
    rows=(
        _row(ANSWERED),
        _row(CERTAIN),
        row(
            f"What does not count as in time or late: {' and '.join(AWAY)}, and an hour after",
            _COUNTED,
            replace(HELD, width=16),
        ),
    ),
)
