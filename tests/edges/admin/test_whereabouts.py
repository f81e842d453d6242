"""What the admin port tells of one message id."""

import json
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import pytest
from prometheus_client import CollectorRegistry

from service.core.settlement import Settlement
from service.edges.admin.health import Health
from service.edges.admin.pages import Pages
from service.edges.admin.whereabouts import MOST_ENDS, Whereabouts
from service.flow.events.ends import Answered
from service.flow.events.labels import HoldReason, Waiting
from service.flow.events.order import RetryPlanned
from service.flow.events.process import HoldChanged
from service.flow.held_orders import Stage, Stand

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
TOLD = "2026-01-31T12:00:00.000000Z"


def answered(message_id: str | None, status: str = "accepted", code: str | None = None) -> Answered:
    """An end; order, message and routing key are not to be told."""
    return Answered(
        request_id=message_id,
        status=status,
        code=code,
        order="canary",
        message="canary",
        http_status=200,
        attempts=1,
        settlement=Settlement.REPLIED,
        repeated=False,
        redelivered=False,
        routing_key="canary",
        correlation_id="canary",
        deadline=None,
        first_seen_at=NOW,
        answered_at=NOW,
        duration_seconds=1.0,
    )


def planned(message_id: str, where: Waiting) -> RetryPlanned:
    """A wait of half a minute."""
    until = NOW + timedelta(seconds=30)
    return RetryPlanned(message_id, "unknown", 500, "canary", 2, where, 30.0, 30, until)


@pytest.fixture
def whereabouts() -> Whereabouts:
    """One that remembers two ids."""
    return Whereabouts(most_ids=2)


def ask(whereabouts: Whereabouts, escaped: str, health: Health | None = None) -> dict[str, Any]:
    """The page's JSON."""
    pages = Pages(CollectorRegistry(), health or Health(lambda: 0.0), whereabouts)
    page = pages.answer(f"/orders/{escaped}", "")
    assert (page.status, page.content_type) == (HTTPStatus.OK, "application/json")
    found: dict[str, Any] = json.loads(page.body)
    return found


def test_an_id_that_nobody_had_is_in_no_hand(whereabouts: Whereabouts) -> None:
    """200 all the same: a relay that does not know the page says 404."""
    reasons = [f"broker connection {name}: not made yet" for name in ("consume", "publish")]
    assert ask(whereabouts, "o-1") == {
        "in_hand": [],
        "wait": None,
        "ends": [],
        "reasons": reasons,
    }


def test_it_tells_stage_and_times_and_what_is_held(whereabouts: Whereabouts) -> None:
    """Of the id as it is, however it is escaped."""
    name, until, health = "o/1 ü?", NOW + timedelta(seconds=1), Health(lambda: 0.0)
    health.record(HoldChanged(HoldReason.CIRCUIT, held=True, why="the API fails"))
    whereabouts.watch(
        lambda message_id: [Stand(Stage.WAITING, NOW, until)] if message_id == name else []
    )
    report = ask(whereabouts, quote(name, safe=""), health)
    assert report["in_hand"] == [
        {"stage": "waiting", "since": TOLD, "until": "2026-01-31T12:00:01.000000Z"}
    ]
    assert "held: circuit: the API fails" in report["reasons"]
    assert ask(whereabouts, "o")["in_hand"] == []


def test_it_remembers_a_wait_in_a_queue_until_the_end(whereabouts: Whereabouts) -> None:
    """A wait in the process is a stage."""
    whereabouts.record(planned("o-1", Waiting.PROCESS))
    assert ask(whereabouts, "o-1")["wait"] is None
    whereabouts.record(planned("o-1", Waiting.QUEUE))
    wait = {"tier_seconds": 30, "until": "2026-01-31T12:00:30.000000Z"}
    assert ask(whereabouts, "o-1")["wait"] == wait
    whereabouts.record(answered("o-1"))
    assert ask(whereabouts, "o-1")["wait"] is None


def test_it_remembers_each_end_once_and_nothing_of_the_order(whereabouts: Whereabouts) -> None:
    """Statuses, codes and times; at most a few of one id."""
    whereabouts.record(answered(None))
    for _ in range(2):
        whereabouts.record(answered("o-1"))
        whereabouts.record(answered("o-1", "unknown", "outcome_unknown"))
    report = ask(whereabouts, "o-1")
    assert report["ends"] == [
        {"status": "accepted", "code": None, "answered_at": TOLD},
        {"status": "unknown", "code": "outcome_unknown", "answered_at": TOLD},
    ]
    assert "canary" not in json.dumps(report)
    for number in range(2 * MOST_ENDS):
        whereabouts.record(answered("o-1", "rejected", f"code-{number}"))
    assert len(ask(whereabouts, "o-1")["ends"]) == MOST_ENDS


def test_the_id_that_was_heard_of_longest_ago_is_forgotten(whereabouts: Whereabouts) -> None:
    """The memory has a bound."""
    for name in ("o-1", "o-2", "o-1", "o-3"):
        whereabouts.record(answered(name))
    known = [name for name in ("o-1", "o-2", "o-3") if ask(whereabouts, name)["ends"]]
    assert known == ["o-1", "o-3"]


@pytest.mark.parametrize("escaped", ["", "x" * 129, "%20" * 129])
def test_what_is_no_message_id_is_refused(whereabouts: Whereabouts, escaped: str) -> None:
    """In a sentence, which does not repeat it."""
    pages = Pages(CollectorRegistry(), Health(lambda: 0.0), whereabouts)
    page = pages.answer(f"/orders/{escaped}", "")
    assert page.status is HTTPStatus.BAD_REQUEST
    assert page.body == b"a message id has 1 to 128 characters\n"
