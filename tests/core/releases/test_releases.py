"""Queues are shared with the previous release: each reads what the other writes."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.core.history import History, from_headers
from service.core.message import Message, Received
from service.core.parked.found import Standing, inspect
from service.core.parked.replies import read_reply
from service.edges.amqp.peers_wire import read
from tests.core.releases.record import NOW, lines

RECORDED = sorted(Path(__file__).parent.glob("*.jsonl"))
SINCE = NOW - timedelta(seconds=90)
HISTORY = History(first_seen=SINCE, attempts=3, retries=3, unknown_since=SINCE)
"""What `record` writes, with the wait that began then."""


@pytest.fixture(params=RECORDED, ids=lambda path: path.stem)
def written(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """The messages of one release."""
    path: Path = request.param
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def received(written: list[dict[str, Any]], kind: str) -> Received:
    """One of them, as it comes from the broker."""
    line = next(each for each in written if each["kind"] == kind) | {}
    key = line.pop("routing_key")
    line.pop("kind")
    if "timestamp" in line:
        line["timestamp"] = datetime.fromisoformat(line["timestamp"])
    return Received(Message(**line | {"body": line["body"].encode()}), routing_key=key)


def test_an_order_that_waits_has_its_history(written: list[dict[str, Any]]) -> None:
    """However often it was tried, and since when one may exist."""
    headers = received(written, "retry").message.headers
    assert from_headers(headers, now=NOW, redelivered=False, produced_at=None) == HISTORY


def test_the_release_before_finds_the_history_where_it_looks(written: list[dict[str, Any]]) -> None:
    """On the way back: what it wrote itself is written still."""
    now = next(line for line in lines() if line["kind"] == "retry")
    assert received(written, "retry").message.headers.items() <= now["headers"].items()


def test_what_is_parked_can_be_ended(written: list[dict[str, Any]]) -> None:
    """With why it is there, and that an order may exist."""
    parked = inspect(received(written, "parked"))
    assert (parked.message_id, parked.code) == ("o-1", "outcome_unknown")
    assert (parked.standing, parked.parked_at) == (Standing.PERHAPS_PLACED, NOW)


def test_a_reply_that_nobody_took_can_be_delivered(written: list[dict[str, Any]]) -> None:
    """To whom it was for."""
    reply = read_reply(received(written, "reply"))
    assert (reply.request_id, reply.status, reply.routing_key) == ("o-1", "unknown", "shop.a")


def test_replicas_understand_each_other(written: list[dict[str, Any]]) -> None:
    """A release that says nothing is counted by its consumer."""
    for line in (each for each in written if each["kind"] == "peer"):
        said = read(line["body"].encode())
        assert said is not None
        assert (said.id, said.ceiling, said.weight, said.life) == ("a", 20.0, 1.0, 5.0)


def test_what_is_written_now_is_as_the_newest_record_says() -> None:
    """Else the release before is not known to read it: see docs/upgrading.md, then record anew."""
    now = [json.loads(json.dumps(line, default=str)) for line in lines()]
    newest = [json.loads(line) for line in RECORDED[-1].read_text("utf-8").splitlines()]
    assert [_names(line) for line in now] == [_names(line) for line in newest]


def _names(line: dict[str, Any]) -> tuple[list[str], list[str], list[str]]:
    body = sorted(json.loads(line["body"]))
    return sorted(line), sorted(line.get("headers", {})), body
