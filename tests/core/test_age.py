"""How old an order looks: by what the broker says of its way, not by what a stranger writes."""

from datetime import UTC, datetime, timedelta

import pytest

from service.core.age import age_seconds
from service.core.history import FIRST_SEEN, History
from service.core.message import Message, Received
from service.core.request import Undecodable, parse
from service.core.times import to_rfc3339

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY_SECONDS = 86_400.0


def _received(exchange: str, first_seen: datetime) -> Received:
    headers = {FIRST_SEEN: to_rfc3339(first_seen)}
    body = b'{"service": 7, "link": "https://example.com/p/1", "quantity": 1000}'
    return Received(Message(body, "o-1", headers=headers), exchange=exchange)


@pytest.mark.parametrize(
    ("exchange", "seen_before", "expected"),
    [
        ("", timedelta(seconds=90), 90.0),
        ("", timedelta(0), 0.0),
        ("", timedelta(days=20_000), DAY_SECONDS),
        ("", timedelta(seconds=-90), 0.0),
        ("orders", timedelta(seconds=90), 0.0),
        ("orders", timedelta(days=20_000), 0.0),
    ],
)
def test_the_age_of_an_order(exchange: str, seen_before: timedelta, expected: float) -> None:
    """Out of a waiting tier since first seen, within bounds; from a producer always 0."""
    received = _received(exchange, NOW - seen_before)
    assert age_seconds(received, parse(received, NOW), NOW, DAY_SECONDS) == expected


def test_what_cannot_be_read_is_new() -> None:
    """A undecodable message has no history."""
    received = _received("", NOW - timedelta(hours=1))
    undecodable = Undecodable("no UTF-8", History(first_seen=NOW))
    assert age_seconds(received, undecodable, NOW, DAY_SECONDS) == 0.0
