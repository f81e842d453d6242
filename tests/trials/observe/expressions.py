"""Every expression of the dashboards and rules, asked of a Prometheus that has seen a run."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from math import ceil
from time import time
from typing import Any

from charts.sources.dashboards.boards import BOARDS
from charts.sources.dashboards.build import text
from tests.shipping.dashboards.fill_in import fill_in
from tests.shipping.rules.reading import Rule, all_rules
from tests.world.load import until
from tests.world.load.processes import client

RECORDED = "recording rules"
ALERTS = "alerts"

_STEP = re.compile(r"\[\w+:(\d+)([smhd])\]")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_STEPS_OF_A_SPAN = 100
_SCRAPES_OF_A_RATE = 4
_SETTLED_SECONDS = 1
_AGAIN_SECONDS = 20.0


class NotAnsweredError(Exception):
    """Prometheus refused a question; the message is its own."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One that is pending or firing."""

    name: str
    state: str
    labels: Mapping[str, str]

    @property
    def key(self) -> "Key":
        """Which alert it is."""
        return Key(self.name, self.labels["severity"])


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """An alert of the rules: one name may stand for two severities."""

    name: str
    severity: str


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks the Prometheus at this URL."""

    url: str

    async def now(self, expression: str, at: float | None = None) -> list[dict[str, Any]]:
        """The series that an expression has at a moment, by default now."""
        moment = {} if at is None else {"time": at}
        found = await self._ask("query", query=expression, **moment)
        # A number is no series, but it is an answer.
        return found["result"] if found["resultType"] == "vector" else [found]

    async def between(
        self, expression: str, start: float, end: float, step: float
    ) -> list[dict[str, Any]]:
        """The series that an expression has at some step of a span."""
        found = await self._ask("query_range", query=expression, start=start, end=end, step=step)
        result: list[dict[str, Any]] = found["result"]
        return result

    async def alerts(self) -> list[Alert]:
        """All that are pending or firing."""
        rows = (await self._ask("alerts"))["alerts"]
        return [Alert(row["labels"]["alertname"], row["state"], row["labels"]) for row in rows]

    async def _ask(self, what: str, **parameters: Any) -> dict[str, Any]:
        async with client() as http:
            url = f"{self.url}/api/v1/{what}"
            answer = await (http.post(url, data=parameters) if parameters else http.get(url))
        content: dict[str, Any] = answer.json()
        if content["status"] != "success":
            raise NotAnsweredError(content.get("error", str(content)))
        found: dict[str, Any] = content["data"]
        return found


@dataclass(frozen=True, slots=True)
class Question:
    """An expression, where it stands, and whether it is asked of a moment or of the whole run."""

    group: str
    where: str
    expression: str
    instant: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """When it was seen (epoch seconds), and how often Prometheus looked."""

    began: float
    ended: float
    every_seconds: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many series came; `rightly_empty` is why none may come, `problem` what is wrong."""

    question: Question
    series: int
    rightly_empty: str = ""
    problem: str = ""


def questions() -> list[Question]:
    """All of both dashboards, panels and marks in time, and of the rules."""
    return [*_of_boards(), *map(_of_rule, all_rules())]


def _of_boards() -> Iterator[Question]:
    for board in BOARDS:
        built: dict[str, Any] = json.loads(text(board))
        for panel in built["panels"]:
            for target in panel.get("targets", []):
                where = f"{panel['title']}, {target['refId']}"
                instant = bool(target.get("instant"))
                yield Question(board.title, where, target["expr"], instant)
        for mark in built["annotations"]["list"]:
            yield Question(board.title, mark["name"], mark["expr"])


def named(alert: Key) -> str:
    """Where the expression of an alert stands."""
    return f"{alert.name}, {alert.severity}"


def _of_rule(rule: Rule) -> Question:
    if rule.is_alert:
        where = named(Key(rule.name, rule.fields["labels.severity"]))
        return Question(ALERTS, where, rule.expression, instant=True)
    return Question(RECORDED, rule.name, rule.expression)


def filled(question: Question, run: Run) -> str:
    """The expression as Grafana sends it: all of everything, windows by the scrapes and the run."""
    window = f"{_SCRAPES_OF_A_RATE * run.every_seconds}s"
    length = f"{max(1, ceil(run.ended - run.began))}s"
    return fill_in(question.expression, __rate_interval=window, __range=length)


def whole_step(expression: str, moment: float) -> float:
    """The next whole step of the subqueries in an expression, or the moment itself without any.

    A subquery looks at whole steps only, `[30d:1h]` at whole hours; a run of minutes has none, so
    it is asked as Grafana will ask it at the next one.
    """
    steps = [int(number) * _UNITS[unit] for number, unit in _STEP.findall(expression)]
    return max((ceil(moment / step) * step + _SETTLED_SECONDS for step in steps), default=moment)


async def ask(asker: Asker, question: Question, run: Run) -> int:
    """How many series it has; NotAnsweredError where Prometheus cannot read it."""
    expression = filled(question, run)
    end = whole_step(expression, run.ended)
    if question.instant or end != run.ended:
        return _told([[one["value"]] for one in await asker.now(expression, end)])
    step = max(1.0, (run.ended - run.began) / _STEPS_OF_A_SPAN)
    found = await asker.between(expression, run.began, run.ended, step)
    return _told([one["values"] for one in found])


def _told(series: Iterable[list[list[Any]]]) -> int:
    """How many series have a number at some time: a quantile of nothing is NaN, and no answer."""
    return sum(any(value != "NaN" for _, value in points) for points in series)


@dataclass(frozen=True, slots=True)
class Expected:
    """By `where`: what fired, what must have no series and why, and what may have some or none."""

    fired: frozenset[Key] = frozenset()
    empty: Mapping[str, str] = field(default_factory=dict)
    either: Mapping[str, str] = field(default_factory=dict)


async def ask_all(asker: Asker, run: Run, expected: Expected) -> list[Verdict]:
    """What came of each question.

    An alert that was seen to fire with an answer needs no second one; it must still be readable.
    """
    fired = {named(alert) for alert in expected.fired}
    verdicts = []
    for question in questions():
        where = question.where
        needed = not (where in fired or where in expected.empty or where in expected.either)
        try:
            series = await (_ask_again if needed else ask)(asker, question, run)
        except NotAnsweredError as error:
            verdicts.append(Verdict(question, 0, problem=str(error)))
            continue
        why = expected.empty.get(where, "")
        if not series and where in expected.either:
            why = expected.either[where]
        verdicts.append(judge(question, series + (where in fired), why))
    return verdicts


async def _ask_again(asker: Asker, question: Question, run: Run) -> int:
    """As Grafana does: a machine so busy that a scrape was missed has no rate for a moment."""
    found = 0

    async def answers() -> bool:
        nonlocal found
        found = await ask(asker, question, replace(run, ended=time()))
        return found > 0

    with suppress(TimeoutError):
        await until(answers, question.where, timeout_seconds=_AGAIN_SECONDS, poll_seconds=0.5)
    return found


def judge(question: Question, series: int, why_empty: str) -> Verdict:
    """The list of what is rightly empty must be exact: what is on it and answers is wrong, too."""
    if series and why_empty:
        problem = f"answers with {series} series, and is listed as empty: {why_empty}"
        return Verdict(question, series, problem=problem)
    if not series and not why_empty:
        return Verdict(question, series, problem="no series")
    return Verdict(question, series, rightly_empty=why_empty)
