"""What is unwise, and what is not; the vectors of docs/contract have one of each."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.core.producing.advice import FAR_SECONDS, Unwise, advise
from service.core.producing.written import Written
from tests.core.build import NOW, message

WISE = Written(message(message_id="6f9b1a52-3c0e-4b52-9d1c-0a4a5d1f7e10", timestamp=NOW))


def _codes(written: Written) -> list[Unwise]:
    return [advice.code for advice in advise(written, NOW)]


def _with(**changes: Any) -> Written:
    return replace(WISE, message=replace(WISE.message, **changes))


def test_a_wise_message_gets_none() -> None:
    """As the tutorial sends it."""
    assert _codes(WISE) == []


@pytest.mark.parametrize(
    ("key", "unwise"),
    [
        ("amq.rabbitmq.reply-to", [Unwise.DIRECT_REPLY_TO]),
        ("amq.rabbitmq.reply-to.g1h2AA5yZXBseUAyNzE0Nw==", [Unwise.DIRECT_REPLY_TO]),
        ("amq.gen-JzTY20BRgKO", [Unwise.REPLY_TO_QUEUE]),
        ("amq_0b2a9f9e3c524a7e8a395f4a1b8a3c11", [Unwise.REPLY_TO_QUEUE]),
        ("spring.gen-1", [Unwise.REPLY_TO_QUEUE]),
        ("rpc_queue", [Unwise.REPLY_TO_QUEUE]),
        ("shop-a.Q", [Unwise.REPLY_TO_QUEUE]),
        ("0b2a9f9e3c524a7e8a395f4a1b8a3c11", [Unwise.REPLY_TO_QUEUE]),
        ("orders.requests", [Unwise.REPLY_TO_QUEUE]),
        ("shop-a.*", [Unwise.REPLY_TO_PATTERN]),
        ("shop-a.eu", []),
        ("shop-a.replies", []),
        ("queueing.eu", []),
        ("c#.builds", []),
        (None, []),
    ],
)
def test_a_reply_to(key: str | None, unwise: list[Unwise]) -> None:
    """It is a routing key, and no queue's name."""
    assert _codes(_with(reply_to=key)) == unwise


@pytest.mark.parametrize(
    ("message_id", "unwise"),
    [
        ("1", True),
        ("000017", True),
        ("order-17", True),
        ("o17", True),
        ("shop-a-2026-17", False),
        ("01HG9X7KJP4N3F2W8Z5R6T7Y9B", False),
        ("1769860800000123", False),
        (None, False),
    ],
)
def test_an_id_that_counts(message_id: str | None, *, unwise: bool) -> None:
    """Another system counts, too."""
    assert (Unwise.COUNTER_ID in _codes(_with(message_id=message_id))) is unwise


@pytest.mark.parametrize(
    ("off", "unwise"), [(FAR_SECONDS, []), (FAR_SECONDS + 1, [Unwise.TIMESTAMP_FAR_OFF])]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_timestamp_far_off(sign: int, off: int, unwise: list[Unwise]) -> None:
    """In both directions, and not before the bound."""
    assert _codes(_with(timestamp=NOW + timedelta(seconds=sign * off))) == unwise


def test_headers_of_the_relay() -> None:
    """Each is named, but not the one that is the producer's."""
    headers = {"x-order-relay-deadline": 1, "x-order-relay-attempts": 1, "X-Order-Relay-Retries": 1}
    assert _codes(_with(headers=headers)) == [Unwise.IGNORED_HEADER] * 2
