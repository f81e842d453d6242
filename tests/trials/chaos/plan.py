"""From a scenario and a seed to what is done when: pure, so that a seed gives the same again."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.trials.chaos.kinds import Kind
from tests.trials.chaos.scenario import FaultPlan, Load, Scenario, Span
from tests.world.load.orders import good_body

UNKNOWN_SERVICE = 13
"""A service that the API of a run does not have."""

NOBODY = "nobody"
"""A `reply_to` for which no queue is bound."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault: when it begins (seconds since the first order), for how long, and whom it hits.

    `replica` is the relay that it strikes; `draw`, in [0, 1), decides what else is open about it.
    """

    kind: Kind
    at_seconds: float
    lasts_seconds: float
    replica: int
    draw: float


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """One order to send; a `twin_after_seconds` says that the same is published once more."""

    request_id: str
    body: str
    reply_to: str | None
    deadline_after_seconds: float | None
    twin_after_seconds: float | None


def timeline(scenario: Scenario, seed: int) -> tuple[Planned, ...]:
    """Every fault of a run, by its beginning.

    A kind never overlaps itself within one entry of the scenario; entries overlap freely. Each
    entry has a random source of its own: to add one changes nothing about the others.
    """
    planned: list[Planned] = []
    for number, entry in enumerate(scenario.faults):
        chance = random.Random(f"{scenario.name}/{seed}/{number}/{entry.kind}")
        planned += _occurrences(entry, chance, scenario.seconds, scenario.replicas)
    return tuple(sorted(planned, key=lambda fault: (fault.at_seconds, fault.kind)))


def _occurrences(
    entry: FaultPlan, chance: random.Random, seconds: float, replicas: int
) -> Iterator[Planned]:
    # The first comes early: else a short run would see none of a rare kind.
    at = chance.uniform(0, min(entry.every_seconds, seconds * 0.8))
    while at < seconds:
        lasts = chance.uniform(entry.lasts.least, entry.lasts.most)
        yield Planned(entry.kind, at, lasts, chance.randrange(replicas), chance.random())
        at += max(lasts, 0.1) + chance.expovariate(1 / entry.every_seconds)


def orders(load: Load, seed: int) -> Iterator[PlannedOrder]:
    """The orders of a run, in the order in which they are sent."""
    chance = random.Random(f"orders/{seed}")
    for number in range(load.orders):
        sort = chance.random()
        bad = sort < load.share_bad
        timed = load.share_bad <= sort < load.share_bad + load.share_with_deadline
        yield PlannedOrder(
            request_id=f"chaos-{seed}-{number:06d}",
            body=_bad_body(number, chance) if bad else good_body(number),
            reply_to=_reply_to(number, load, chance),
            deadline_after_seconds=_within(load.deadline, chance) if timed else None,
            twin_after_seconds=_twin(load, chance),
        )


def _twin(load: Load, chance: random.Random) -> float | None:
    if chance.random() >= load.share_twins:
        return None
    return _within(load.twin_after, chance)


def _reply_to(number: int, load: Load, chance: random.Random) -> str | None:
    if chance.random() < load.share_unrouted:
        return NOBODY
    # Every fifth names no key of its own, and is answered under the relay's.
    return f"chaos.{number % 3}" if number % 5 else None


def _bad_body(number: int, chance: random.Random) -> str:
    link = f"https://example.com/p/{number}"
    return chance.choice(
        [
            json.dumps({"service": UNKNOWN_SERVICE, "link": link, "quantity": 1}),
            json.dumps({"service": 1000, "link": link, "quantity": 0}),
            json.dumps({"service": 1000, "quantity": 5}),
            json.dumps({"service": 1000, "link": link, "quantity": 5, "key": "mine"}),
            f"no JSON {number}",
        ]
    )


def _within(span: Span, chance: random.Random) -> float:
    return chance.uniform(span.least, span.most)
