"""A message as JSON, and back."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.message import Message, Received
from service.core.parked.found import inspect
from service.core.parked.writing import UnreadableExportError, from_json, to_json
from tests.core.build import examples
from tests.core.parked.build import dead, rejected, unknown

TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TEXTS = st.none() | st.text()
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | TIMES
    | st.decimals(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
MESSAGES = st.builds(
    Message,
    body=st.binary(),
    message_id=TEXTS,
    correlation_id=TEXTS,
    reply_to=TEXTS,
    content_type=TEXTS,
    user_id=TEXTS,
    timestamp=st.none() | TIMES,
    headers=st.dictionaries(st.text().filter(lambda name: not name.startswith("x-")), VALUES),
)


@examples
@given(st.builds(Received, MESSAGES, st.text(), st.text(), undecodable=TEXTS))
def test_a_message_comes_back_whole(received: Received) -> None:
    """Whatever its headers hold."""
    line = json.loads(json.dumps(to_json(inspect(received))))
    assert from_json(line) == received


def test_what_is_known_of_it_is_there_to_read() -> None:
    """For those who look, with texts and numbers only."""
    line = to_json(unknown())
    assert (line["code"], line["standing"]) == ("outcome_unknown", "an order may exist")
    assert line["attempts"] == 12
    assert to_json(rejected())["unknown_since"] is None


def test_the_brokers_counts_are_left_out() -> None:
    """They change with every look."""
    looked_at = dead(headers={"x-delivery-count": 3, "x-acquired-count": 2, "x": Decimal("0.1")})
    line = to_json(looked_at)
    assert isinstance(line["headers"], dict)
    assert line["headers"].keys() == {"x", "x-death"}


GOOD = {"version": 1, "body": "e30=", "headers": {}}


@pytest.mark.parametrize(
    "line",
    [
        None,
        [],
        {},
        {**GOOD, "version": 2},
        {**GOOD, "body": 5},
        {**GOOD, "body": "?"},
        {**GOOD, "headers": []},
        {**GOOD, "message_id": 7},
        {**GOOD, "timestamp": "soon"},
        {**GOOD, "headers": {"a": {"$time": "soon"}}},
        {**GOOD, "headers": {"a": {"$bytes": "?"}}},
        {**GOOD, "headers": {"a": {"$decimal": "?"}}},
    ],
    ids=repr,
)
def test_anything_else_is_refused(line: object) -> None:
    """Before any of it is published."""
    assert from_json(GOOD) == Received(Message(b"{}"))
    with pytest.raises(UnreadableExportError):
        from_json(line)
