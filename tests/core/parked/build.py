"""Parked messages, built in a line."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from service.core.answer import Answer
from service.core.codes import Code, Status
from service.core.copies import parked_copy
from service.core.message import Publication, Received
from service.core.parked.acting import Action, Planned, Refused, Who, plan
from service.core.parked.found import Parked, inspect
from service.core.parked.replaying import Rules
from tests.core.build import NOW, POLICY, REQUEST, ago, an_answer, history, message, received

RULES = Rules("orders", POLICY)
WHO = Who("somebody", "the API was down")


def arrived(publication: Publication) -> Received:
    """What is read from the parked queue after it."""
    return Received(publication.message, "orders.parked", "")


def unknown(
    since_seconds: float = 60.0, text: str = "why; an order may exist", **changes: Any
) -> Parked:
    """An order that may exist, as the relay parked it a second ago."""
    tried = history(first_seen=ago(since_seconds), attempts=12, unknown_since=ago(since_seconds))
    answer = an_answer(Status.UNKNOWN, Code.OUTCOME_UNKNOWN, text)
    return _parked(answer, tried, **changes)


def rejected(**changes: Any) -> Parked:
    """A message without an id, as the relay parked it a second ago."""
    answer = an_answer(Status.REJECTED, Code.MISSING_MESSAGE_ID)
    return _parked(answer, history(), **{"message_id": None} | changes)


def dead(reason: str = "delivery_limit", undecodable: str | None = None, **changes: Any) -> Parked:
    """A message that the broker moved ten seconds ago."""
    death = {"queue": "orders.requests", "reason": reason, "time": ago(10), "count": 1}
    headers = {**changes.pop("headers", {}), "x-death": [death]}
    moved = replace(received(message(headers=headers, **changes)), exchange="orders.parked")
    return inspect(replace(moved, undecodable=undecodable))


def done(parked: Parked, action: Action, now: datetime = NOW) -> Planned | Refused:
    """What the action does with it."""
    return plan(parked, action, WHO, RULES, now)


def refusal(parked: Parked, action: Action, now: datetime = NOW) -> str:
    """Why it does nothing; nothing where it does something."""
    planned = done(parked, action, now)
    return planned.why if isinstance(planned, Refused) else ""


def published(parked: Parked, action: Action, now: datetime = NOW) -> Publication:
    """The one publication of the action."""
    planned = done(parked, action, now)
    assert isinstance(planned, Planned), planned
    (publication,) = planned.publications
    return publication


def _parked(answer: Answer, tried: Any, **changes: Any) -> Parked:
    content = replace(REQUEST, **changes)
    return inspect(arrived(parked_copy(received(content), answer, tried, ago(1))))
