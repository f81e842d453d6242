"""The dashboard "SLO": two objectives, how fast their budgets burn, and what is left of them.

A window is cut into steps, and what happened in each step is added up: so a step in which the API
held orders up can be left out, which one rate over the whole window could not.
"""

from dataclasses import dataclass, replace

from tests.dashboards.colours import BAD, GOOD, WARN
from tests.dashboards.orders.api import HELD
from tests.dashboards.panel import Board, Panel, Query, Row, Shape, Step
from tests.dashboards.promql import IN_TIME, PROCESS, WINDOW, of_relay

_COUNT = "order_relay_order_duration_seconds_count"
_BUCKET = "order_relay_order_duration_seconds_bucket"
_BY_API = 'reason=~"circuit|credentials|throttled"'

_MONTH = ("30d", "1h")
_BURNS = (
    (("1h", "5m"), "over 1 hour"),
    (("6h", "5m"), "over 6 hours"),
    (("3d", "15m"), "over 3 days"),
)
_AFTER = {WINDOW: "15m", "5m": "20m", "15m": "30m", "1h": "75m"}
"""How far back a hold excuses a step: its own length and 15 minutes to answer what waited."""


@dataclass(frozen=True, slots=True)
class _Objective:
    """The share of good orders that is promised, and how to count all and bad ones in a step."""

    share: float
    good: str
    bad: str
    excused: bool

    def all(self, step: str) -> str:
        """Orders that count."""
        return f"sum ({self._judged(f'increase({of_relay(_COUNT)}[{step}])', step)})"

    def failed(self, step: str) -> str:
        """Those of them that were not as promised."""
        if self.excused:
            good = f"sum by ({PROCESS}) (increase({of_relay(_BUCKET, IN_TIME)}[{step}]))"
            count = f"sum by ({PROCESS}) (increase({of_relay(_COUNT)}[{step}]))"
            return f"sum ({self._judged(f'({count} - {good})', step)})"
        unknown = of_relay(_COUNT, 'status="unknown"')
        return f"sum (increase({unknown}[{step}]))"

    def _judged(self, counted: str, step: str) -> str:
        if not self.excused:
            return counted
        held = f"max_over_time({of_relay('order_relay_held', _BY_API)}[{_AFTER[step]}])"
        return f"{counted} unless on ({PROCESS}) (max by ({PROCESS}) ({held}) == 1)"

    def bad_share(self, window: str, step: str) -> str:
        """Of the orders of a window, those that were not as promised."""
        bad = f"sum_over_time(({self.failed(step)})[{window}:{step}])"
        return f"{bad} / (sum_over_time(({self.all(step)})[{window}:{step}]) > 0)"

    def burn(self, window: str, step: str) -> str:
        """How many times as fast as the budget allows it is used up."""
        return f"({self.bad_share(window, step)}) / {1 - self.share:.4g}"


_ANSWERED = _Objective(0.999, good="in time", bad="late", excused=True)
_CERTAIN = _Objective(0.9999, good="certain", bad="unknown", excused=False)


def _number(
    title: str,
    unit: str,
    expression: str,
    words: tuple[str, str, str],
    runbook: str,
    steps: tuple[Step, ...],
) -> Panel:
    return Panel(
        title,
        Shape.NUMBER,
        unit,
        *words,
        runbook,
        (Query(expression, title),),
        steps=steps,
        decimals=3 if unit == "percentunit" else None,
        none="no orders",
    )


def _left(objective: _Objective, name: str, promise: str, runbook: str) -> tuple[Panel, ...]:
    return (
        _number(
            f"{name}, 30 days",
            "percentunit",
            f"1 - {objective.bad_share(*_MONTH)}",
            (
                f"Orders {promise}, of all of the last 30 days that count.",
                f"at least {objective.share:.2%}.",
                "put reliability before other work until it is.",
            ),
            runbook,
            (Step(None, BAD), Step(objective.share, GOOD)),
        ),
        _number(
            f"{name}: budget left",
            "percentunit",
            f"1 - {objective.burn(*_MONTH)}",
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
        ),
        _number(
            f"{name}: bad orders, 30 days",
            "none",
            f"round(sum_over_time(({objective.failed(_MONTH[1])})[{_MONTH[0]}:{_MONTH[1]}]))",
            (
                f"Orders of the last 30 days that were not {promise}.",
                "a few in a hundred thousand.",
                "see below when they were, and on the other dashboard what happened then.",
            ),
            runbook,
            (Step(None, GOOD), Step(1, WARN)),
        ),
    )


def _over_time(objective: _Objective, name: str, promise: str, runbook: str) -> tuple[Panel, ...]:
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
            tuple(Query(objective.burn(*window), legend) for window, legend in _BURNS),
            width=12,
            steps=(Step(None, "transparent"), Step(6, WARN), Step(14.4, BAD)),
        ),
        Panel(
            f"{name}: good and bad orders",
            Shape.STACK,
            "none",
            f"Orders that count: those {promise} and the others, in each step of the time shown.",
            "no others.",
            "see on the other dashboard what the API and the broker did at that time.",
            runbook,
            (
                Query(f"{objective.all(WINDOW)} - {objective.failed(WINDOW)}", objective.good),
                Query(objective.failed(WINDOW), objective.bad),
            ),
            width=12,
        ),
    )


def _row(objective: _Objective, title: str, name: str, promise: str, books: tuple[str, str]) -> Row:
    fast, slow = books
    return Row(
        title,
        _left(objective, name, promise, slow) + _over_time(objective, name, promise, fast),
    )


SLO = Board(
    uid="order-relay-slo",
    title="order-relay / SLO",
    description="What is promised about orders, how well it is kept, and what is left to lose.",
    since="now-24h",
    refresh="5m",
    rows=(
        _row(
            _ANSWERED,
            "99.9 % of the orders are answered within 60 s while the API is up",
            "Answered in time",
            "answered within 60 s",
            ("OrderRelayAnswersBurnFast", "OrderRelayAnswersBurnSlow"),
        ),
        _row(
            _CERTAIN,
            "Of 99.99 % of the orders it is known whether they exist",
            "Certain",
            "with a known outcome",
            ("OrderRelayOutcomeUnknown", "OrderRelayOutcomeUnknown"),
        ),
        Row(
            "What does not count: holds by the API, and 15 minutes after",
            (replace(HELD, width=24),),
        ),
    ),
)
