"""What strangers write is cut off in every line."""

import json

import pytest

from service.core.message import Message, Received
from service.core.request import Invalid, parse
from service.core.settlement import plan_unserved
from service.edges.telemetry.lines import LONGEST_TEXT
from service.edges.telemetry.logs import LogFormat
from service.edges.telemetry.sink import Telemetry
from service.flow.events.ends import Answered
from tests.edges.telemetry.built import NOON
from tests.edges.telemetry.conftest import OpenLog
from tests.edges.telemetry.test_hostile_values import KEY

LONG = ("x", "\x00", '"', "é", "😀", "\ud800")


@pytest.mark.parametrize("log_format", [LogFormat.JSON, LogFormat.CONSOLE])
@pytest.mark.parametrize("character", LONG, ids=ascii)
def test_a_long_value_is_cut(open_log: OpenLog, character: str, log_format: LogFormat) -> None:
    """A stranger's message costs the log no more than a few hundred bytes a field."""
    book = open_log(log_format=log_format)
    book.log.info("answered", message=character * 60_000)
    assert "..." in book.text
    assert len(book.text.encode()) < 2 * LONGEST_TEXT + 100


@pytest.mark.parametrize("value", ["x" * 256, "\x00" * 42, "😀" * 21, '"' * 128], ids=ascii)
def test_a_value_that_just_fits_is_whole(open_log: OpenLog, value: str) -> None:
    """What counts is its length in the line."""
    book = open_log()
    book.log.info("x", message=value, more=value + value[0])
    (line,) = book.lines
    assert line["message"] == value
    assert line["more"] == value + "..."


@pytest.mark.parametrize("message_id", ["x" * 128, "é" * 128, "\x00" * 128], ids=ascii)
def test_a_usable_message_id_is_whole(open_log: OpenLog, message_id: str) -> None:
    """An order is looked for by it."""
    book = open_log()
    book.log.info("x", request_id=message_id)
    assert book.lines[0]["request_id"] == message_id


@pytest.mark.parametrize("character", ["x", "\x00"], ids=ascii)
def test_the_worst_message_has_a_bounded_line(open_log: OpenLog, character: str) -> None:
    """Its end says all that the reply says, and a stranger wrote most of that."""
    message = Message(
        body=json.dumps({f"p{character * 60}{n}.": [1] for n in range(90)}).encode(),
        message_id=character * 128,
        correlation_id=character * 255,
        reply_to=character * 255,
    )
    received = Received(message, "orders", "order.request")
    found = parse(received, NOON)
    assert isinstance(found, Invalid)
    event = Answered.by(plan_unserved(received, found, NOON), received, None, NOON)
    assert event is not None
    assert event.message is not None
    assert len(event.message) > 1000
    book = open_log()
    Telemetry(book.log)(event)
    assert len(book.text) < 2000


def test_a_secret_at_the_cut_is_masked(open_log: OpenLog) -> None:
    """Half of it would be a secret, too."""
    book = open_log(secrets=[KEY])
    book.log.info("x", message="x" * (LONGEST_TEXT - 5) + KEY)
    assert KEY[:5] not in book.text
