"""Copies for the retry queues and the parked queue: what travels with them, and what must not."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.codes import Code, Status
from service.core.copies import (
    MAX_SHOWN_HEADERS_CHARACTERS,
    ORIGINAL_BODY_BYTES,
    ORIGINAL_HEADERS,
    ORIGINAL_ROUTING_KEY,
    PARKED_CODE,
    parked_copy,
    retry_copy,
)
from service.core.history import History, from_headers
from service.core.message import Message, PublicationKind, Received
from service.core.request import Undecodable, Unidentified
from service.core.settlement import Settlement, plan_unserved
from tests.core.build import (
    NOW,
    ago,
    ahead,
    an_answer,
    examples,
    history,
    message,
    received,
    waited,
)

UNKNOWN = an_answer(Status.UNKNOWN, Code.OUTCOME_UNKNOWN, "perhaps")
OURS = "x-order-relay-"

STRIPPED = [
    "x-death",
    "x-first-death-exchange",
    "x-first-death-queue",
    "x-first-death-reason",
    "x-last-death-exchange",
    "x-last-death-queue",
    "x-last-death-reason",
    "x-delivery-count",
    "x-acquired-count",
    "CC",
    "BCC",
]


def both_copies(original: Received) -> list[Message]:
    """The retry copy and the parked copy."""
    return [
        retry_copy(original, history(), 30).message,
        parked_copy(original, UNKNOWN, history(), NOW).message,
    ]


@pytest.mark.parametrize("name", STRIPPED)
@pytest.mark.parametrize("case", [str, str.lower, str.upper, str.title])
def test_headers_that_do_harm_are_stripped(name: str, case: type[str]) -> None:
    """Left over they drop, reroute or miscount the copy (broker.md, trap 6)."""
    for copy in both_copies(received(message(headers={case(name): "x", "mine": 1}))):
        assert case(name) not in copy.headers
        assert copy.headers["mine"] == 1


@pytest.mark.parametrize(
    "name", ["x-deaths", "x-first", "x-death-count", "ccc", "traceparent", "x-delivery", "priority"]
)
def test_the_producers_own_headers_are_kept(name: str) -> None:
    """Producers own every name that is not the broker's or ours."""
    value = {"nested": [1, b"\xff", None]}
    for copy in both_copies(received(message(headers={name: value}))):
        assert copy.headers[name] == value


def test_no_property_that_harms_a_copy_can_be_carried() -> None:
    """A message has no priority and no expiration, and a copy has no user id."""
    names = {field.name for field in fields(Message)}
    assert names.isdisjoint({"priority", "expiration", "delivery_mode", "cluster_id"})
    for copy in both_copies(received(message(user_id="shop"))):
        assert copy.user_id is None


def test_everything_else_is_carried() -> None:
    """Body and properties are the producer's, byte for byte."""
    original = message(
        body=b"\x00\xff{",
        content_encoding="identity",
        type="order",
        app_id="shop",
        timestamp=ago(60),
    )
    for copy in both_copies(received(original)):
        assert replace(copy, headers={}) == original


def test_a_retry_copy_is_addressed_to_its_tier_and_brings_the_history_back() -> None:
    """One more wait is counted in it."""
    before = history(
        first_seen=ago(10), attempts=2, retries=3, unknown_since=ago(5), last_outcome="unknown"
    )
    copy = retry_copy(received(), before, 120)
    assert (copy.kind, copy.routing_key) == (PublicationKind.RETRY, "120")
    back = from_headers(copy.message.headers, now=ahead(120), redelivered=False, produced_at=None)
    assert back == before.after_wait()


def test_a_retry_copy_has_these_headers() -> None:
    """Where it came from first, and what was tried."""
    copy = retry_copy(received(message(user_id="shop")), history(), 1)
    assert copy.message.headers == {
        OURS + "original-exchange": "orders",
        OURS + "original-routing-key": "order.request",
        OURS + "original-user-id": "shop",
        OURS + "attempts": 0,
        OURS + "retries": 1,
        OURS + "first-seen": "2026-01-31T12:00:00.000000Z",
    }


def test_a_parked_copy_says_why() -> None:
    """A person reads the status, the code, the reason and since when it waits."""
    copy = parked_copy(received(), UNKNOWN, history(attempts=2, unknown_since=ago(5)), NOW)
    assert (copy.kind, copy.routing_key) == (PublicationKind.PARKED, "")
    assert copy.message.headers == {
        OURS + "original-exchange": "orders",
        OURS + "original-routing-key": "order.request",
        OURS + "attempts": 2,
        OURS + "retries": 0,
        OURS + "first-seen": "2026-01-31T12:00:00.000000Z",
        OURS + "unknown-since": "2026-01-31T11:59:55.000000Z",
        OURS + "parked-status": "unknown",
        OURS + "parked-code": "outcome_unknown",
        OURS + "parked-reason": "perhaps",
        OURS + "parked-at": "2026-01-31T12:00:00.000000Z",
    }


def test_a_parked_copy_of_an_accepted_order_has_no_reason() -> None:
    """An operator may park what exists; there is no problem to name then."""
    headers = parked_copy(received(), an_answer(Status.ACCEPTED), history(), NOW).message.headers
    assert (headers[OURS + "parked-code"], headers[OURS + "parked-reason"]) == ("", "")


def test_the_first_copys_originals_win() -> None:
    """The second hop comes from a retry queue; nobody asks for that."""
    first = retry_copy(received(message(user_id="shop")), history(), 1).message
    for copy in both_copies(waited(first)):
        assert copy.headers[OURS + "original-exchange"] == "orders"
        assert copy.headers[OURS + "original-routing-key"] == "order.request"
        assert copy.headers[OURS + "original-user-id"] == "shop"


def test_an_old_history_in_the_headers_is_replaced() -> None:
    """A copy's history is the present one."""
    old = {OURS + "attempts": 1, OURS + "retries": 1, OURS + "last-outcome": "unreached"}
    copy = retry_copy(
        waited(message(headers=old)), history(attempts=4, retries=6, last_outcome="unknown"), 5
    )
    assert copy.message.headers[OURS + "attempts"] == 4
    assert copy.message.headers[OURS + "retries"] == 7
    assert copy.message.headers[OURS + "last-outcome"] == "unknown"


@examples
@given(st.dictionaries(st.sampled_from([*STRIPPED, "a", "b"]) | st.text(), st.integers()))
def test_a_copy_of_a_copy_loses_nothing_more(headers: dict[str, object]) -> None:
    """However often an order waits, its headers do not grow or wear off."""
    once = retry_copy(received(message(headers=headers)), history(), 1).message
    twice = retry_copy(waited(once), history(), 1).message
    assert twice == once


def test_what_cannot_be_copied_is_salvaged() -> None:
    """The body whole, the texts escaped and no longer than a property, the headers as a text."""
    content = Message(
        body=b"\xff",
        message_id="\udcff" * 100,
        correlation_id="c-1",
        app_id="é" * 127,
        headers={"x-death": [1], "big": "x" * 70_000},
    )
    original = Received(content, "orders", "\udcfe", undecodable="x", unsafe_to_dead_letter=True)
    plan = plan_unserved(original, Undecodable("x", History(first_seen=NOW)), NOW)
    assert plan.settlement is Settlement.PARKED
    parked, reply = (publication.message for publication in plan.publications)
    assert parked.body == b"\xff"
    assert parked.message_id == ("\\udcff" * 100)[:255]
    assert (parked.correlation_id, parked.app_id, parked.reply_to) == ("c-1", "é" * 127, None)
    assert parked.headers[ORIGINAL_ROUTING_KEY] == "\\udcfe"
    shown = parked.headers[ORIGINAL_HEADERS]
    assert isinstance(shown, str)
    assert shown.startswith("{'x-death': [1], 'big': 'xxx")
    assert len(shown) == MAX_SHOWN_HEADERS_CHARACTERS
    assert parked.headers[PARKED_CODE] == "invalid_message"
    assert reply.correlation_id == "c-1"


def test_a_salvaged_one_that_nobody_can_be_told_about_is_parked_in_silence() -> None:
    """Without an id and a way back there is only the copy."""
    original = Received(Message(b"x"), undecodable="x", unsafe_to_dead_letter=True)
    plan = plan_unserved(original, Undecodable("x", History(first_seen=NOW)), NOW)
    assert [each.kind for each in plan.publications] == [PublicationKind.PARKED]
    assert plan.reply is None


def test_of_a_salvaged_one_that_was_too_large_the_size_is_left() -> None:
    """Its body was never taken in."""
    content = Message(b"", headers={"x-death": "made up"})
    original = Received(content, unsafe_to_dead_letter=True, dropped_body_bytes=70_000)
    missing = Unidentified(Code.MISSING_MESSAGE_ID, "no message_id", History(first_seen=NOW))
    plan = plan_unserved(original, missing, NOW)
    assert plan.settlement is Settlement.PARKED
    (parked,) = plan.publications
    assert parked.message.headers[ORIGINAL_BODY_BYTES] == 70_000
