"""The dashboard "SLO": two objectives, how fast their budgets burn, and what is left of them.

It shows what the rules of the chart record, so that it and the alerts can never disagree.
"""

from dataclasses import dataclass, replace

from charts.sources.dashboards.colours import BAD, GOOD, WARN
from charts.sources.dashboards.orders.api import HELD
from charts.sources.dashboards.panel import Board, Panel, Query, Row, Shape, Step
from charts.sources.dashboards.promql import recorded

AWAY = ("circuit", "credentials")
"""The holds in which the API counts as away; throttling is none of them."""

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
    """The share of good orders that is promised, and the recorded series of all and bad ones."""

    share: float
    every: str
    bad: str
    good_name: str
    bad_name: str

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
    0.999, "order_relay:answers", "order_relay:answers_late", good_name="in time", bad_name="late"
)
CERTAIN = Objective(
    0.9999,
    "order_relay:orders",
    "order_relay:orders_unknown",
    good_name="certain",
    bad_name="unknown",
)


def _number(
    title: str,
    unit: str,
    expression: str,
    words: tuple[str, str, str],
    runbook: str,
    steps: tuple[Step, ...],
    decimals: int | None = None,
) -> Panel:
    return Panel(
        title,
        Shape.NUMBER,
        unit,
        *words,
        runbook,
        (Query(expression, title),),
        steps=steps,
        decimals=decimals,
        none=_NO_RULES,
    )


def _left(objective: Objective, name: str, promise: str, runbook: str) -> tuple[Panel, ...]:
    return (
        _number(
            f"{name}, 30 days",
            "percentunit",
            f"1 - {objective.bad_share(_MONTH)}",
            (
                f"Orders {promise}, of all of the last 30 days that count.",
                f"at least {objective.share:.2%}.",
                "put reliability before other work until it is.",
            ),
            runbook,
            (Step(None, BAD), Step(objective.share, GOOD)),
            decimals=3,
        ),
        _number(
            f"{name}: budget left",
            "percentunit",
            f"1 - {objective.burn(_MONTH)}",
            (
                "What is left of the orders that may go wrong in 30 days.",
                "more than half.",
                (
                    "below a quarter, change nothing that is not a repair; below nothing, the"
                    " promise is broken."
                ),
            ),
            runbook,
            (Step(None, BAD), Step(0.25, WARN), Step(0.5, GOOD)),
            decimals=1,
        ),
        _number(
            f"{name}: bad orders, 30 days",
            "none",
            objective.bad_in_a_month(),
            (
                f"Orders of the last 30 days that were not {promise}.",
                "a few in a hundred thousand.",
                "see below when they were, and on the other dashboard what happened then.",
            ),
            runbook,
            (Step(None, GOOD), Step(1, WARN)),
        ),
    )


def _over_time(objective: Objective, name: str, promise: str, runbook: str) -> tuple[Panel, ...]:
    bad = objective.a_second(objective.bad)
    return (
        Panel(
            f"{name}: burn rate",
            Shape.LINES,
            "suffix:times",
            "How many times as fast as it may the budget is used up. At 1, it lasts 30 days.",
            "under 1. Over 14.4 in an hour, a fiftieth of the month's budget is gone.",
            "someone is called at 14.4 (1 hour) and 6 (6 hours); above 1 for 3 days, find the cause"
            " in working hours.",
            runbook,
            tuple(Query(objective.burn(window), legend) for window, legend in BURNS.items()),
            width=12,
            steps=(Step(None, "transparent"), Step(MEDIUM, WARN), Step(FAST, BAD)),
            none=_NO_RULES,
        ),
        Panel(
            f"{name}: good and bad orders",
            Shape.STACK,
            "suffix:/s",
            f"Orders that count, a second: those {promise}, and the others.",
            "no others. A gap is time that does not count.",
            "see on the other dashboard what the API and the broker did at that time.",
            runbook,
            (
                Query(f"{objective.a_second(objective.every)} - {bad}", objective.good_name),
                Query(bad, objective.bad_name),
            ),
            width=12,
            none=_NO_RULES,
        ),
    )


def _row(objective: Objective, title: str, name: str, promise: str, books: tuple[str, str]) -> Row:
    fast, slow = books
    return Row(
        title,
        _left(objective, name, promise, slow) + _over_time(objective, name, promise, fast),
    )


_API_AWAY = f"max ({recorded('order_relay:api_away:max1h')})"

_COUNTED = Panel(
    "Time that counted, 30 days",
    Shape.NUMBER,
    "percentunit",
    "The part of the last 30 days in which the API was up, so that orders counted.",
    "over 99 %. An hour is 0.14 % of 30 days.",
    "an objective that hardly ever counts promises little: take the outages up with the API's"
    " operators, and see that the key is renewed in time.",
    "OrderRelayHeld",
    (
        Query(
            f"1 - avg_over_time(({_API_AWAY})[{_MONTH}:{_STEP}])",
            "Time that counted, 30 days",
        ),
    ),
    steps=(Step(None, BAD), Step(0.9, WARN), Step(0.99, GOOD)),
    decimals=1,
    none=_NO_RULES,
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
        _row(
            ANSWERED,
            "99.9 % of the orders are answered within 60 s while the API is up",
            "Answered in time",
            "answered within 60 s",
            ("OrderRelayAnswersBurnFast", "OrderRelayAnswersBurnSlow"),
        ),
        _row(
            CERTAIN,
            "Of 99.99 % of the orders it is known whether they exist",
            "Certain",
            "with a known outcome",
            ("OrderRelayOutcomeUnknown", "OrderRelayOutcomeUnknown"),
        ),
        Row(
            f"What does not count as in time or late: {' and '.join(AWAY)}, and an hour after",
            (_COUNTED, replace(HELD, width=16)),
        ),
    ),
)
