"""Which headers of ours count: those on what waited in our queues, and none that a sender wrote."""

from typing import Any

import pytest

from service.core.codes import Code, Status
from service.core.copies import ORIGINAL_EXCHANGE, PARKED_STATUS, parked_copy, retry_copy
from service.core.history import (
    ATTEMPTS,
    FIRST_SEEN,
    LAST_OUTCOME,
    RETRIES,
    SUSPICIONS,
    UNKNOWN_SINCE,
)
from service.core.message import Received
from service.core.origin import came_back
from service.core.request import DEADLINE, Invalid, Request, parse
from service.core.settlement import plan_unserved
from service.core.times import to_rfc3339
from tests.core.build import (
    NOW,
    ago,
    ahead,
    an_answer,
    history,
    message,
    plan_effects,
    received,
    waited,
)

DEATH = {"queue": "orders.retry.5", "reason": "expired", "exchange": "orders.retry", "count": 1}
YESTERDAY = to_rfc3339(ago(86_401))
FORGED: dict[str, object] = {
    ATTEMPTS: 99,
    RETRIES: 7,
    FIRST_SEEN: YESTERDAY,
    UNKNOWN_SINCE: YESTERDAY,
    SUSPICIONS: 99,
    LAST_OUTCOME: "unknown",
}


def delivered(exchange: str, headers: dict[str, object], key: str = "orders.requests") -> Received:
    """A good request with these headers, by this exchange."""
    return Received(message(headers=headers), exchange, key)


@pytest.mark.parametrize(
    ("exchange", "key", "death", "back"),
    [
        ("", "orders.requests", [DEATH], True),
        ("", "shop.eu.requests", [DEATH | {"queue": "shop.eu.retry.3600"}], True),
        ("", "orders.requests", [DEATH | {"reason": "delivery_limit"}], True),
        ("", "orders.requests", [DEATH, {"queue": "elsewhere"}], True),
        ("orders", "order.request", [DEATH], False),
        ("orders", "orders.requests", [DEATH], False),
        ("", "orders.requests", None, False),
        ("", "orders.requests", [], False),
        ("", "orders.requests", [{"queue": "orders.requests"}], False),
        ("", "orders.requests", [{"queue": "orders.retry"}, DEATH], False),
        ("", "orders.requests", [{"queue": "shop.retry.5"}], False),
        ("", "orders.requests", [{"queue": 5}], False),
        ("", "orders.requests", [{}], False),
        ("", "orders.requests", ["orders.retry.5"], False),
        ("", "orders.requests", "orders.retry.5", False),
    ],
)
def test_what_came_back(exchange: str, key: str, death: object, *, back: bool) -> None:
    """The default exchange, which no producer may use, and a death in a waiting tier."""
    headers = {} if death is None else {"x-death": death}
    assert came_back(delivered(exchange, headers, key)) is back


@pytest.mark.parametrize("death", [{}, {"x-death": [DEATH]}], ids=["plain", "forged-death"])
@pytest.mark.parametrize("name", [*FORGED, "all"])
def test_a_producers_headers_of_ours_count_for_nothing(name: str, death: dict[str, Any]) -> None:
    """Else anybody could have orders answered unsent, and fill the parked queue."""
    headers = FORGED if name == "all" else {name: FORGED[name]}
    found = parse(delivered("orders", headers | death, "order.request"), NOW)
    assert isinstance(found, Request)
    assert found.history == history()


@pytest.mark.parametrize("name", [ATTEMPTS, RETRIES, SUSPICIONS, FIRST_SEEN, UNKNOWN_SINCE])
@pytest.mark.parametrize("value", [-1, "x", None, [1]], ids=repr)
def test_nonsense_in_them_is_no_reason_to_refuse(name: str, value: object) -> None:
    """They are not read."""
    found = parse(delivered("orders", {name: value}), NOW)
    assert isinstance(found, Request)
    assert found.history == history()


def test_the_deadline_is_the_producers() -> None:
    """It counts on every message."""
    found = parse(received(message(headers={DEADLINE: ahead(60)} | FORGED)), NOW)
    assert isinstance(found, Request)
    assert found.deadline == ahead(60)


def test_what_came_back_keeps_its_history() -> None:
    """We wrote it."""
    found = parse(waited(message(headers=FORGED)), NOW)
    assert isinstance(found, Request)
    assert (found.history.attempts, found.history.suspicions) == (99, 99)
    assert found.history.unknown_since == ago(86_401)


def test_what_was_moved_by_hand_is_still_uncertain() -> None:
    """From queue to queue, by the default exchange: an order may exist, and attempts are anew."""
    found = parse(delivered("", FORGED), NOW)
    assert isinstance(found, Request)
    assert found.history == history(attempts=1, unknown_since=ago(86_401))


def test_a_history_that_cannot_be_read_may_hide_an_order() -> None:
    """Another version wrote it: `rejected` would say that certainly no order exists."""
    back = waited(message(headers={ATTEMPTS: "many"}))
    found = parse(back, NOW)
    assert isinstance(found, Invalid)
    done = ["park unknown outcome_unknown", "reply unknown outcome_unknown", "parked"]
    assert plan_effects(plan_unserved(back, found, NOW)) == done


PARKED: dict[str, object] = {
    ORIGINAL_EXCHANGE: "elsewhere",
    "x-order-relay-original-user-id": "somebody",
    PARKED_STATUS: "accepted",
    "X-Order-Relay-Parked-Reason": "nothing to do",
    "x-order-relay-anything": 1,
}


@pytest.mark.parametrize("exchange", ["orders", ""])
def test_a_copy_has_no_words_of_ours_that_a_sender_wrote(exchange: str) -> None:
    """A person reads them as the relay's; the deadline is the producer's, and stays."""
    own = {DEADLINE: ahead(60), "mine": 1}
    forged = delivered(exchange, PARKED | FORGED | own)
    parked = parked_copy(forged, an_answer(Status.UNKNOWN, Code.OUTCOME_UNKNOWN), history(), NOW)
    assert parked.message.headers == own | {
        ORIGINAL_EXCHANGE: exchange,
        "x-order-relay-original-routing-key": "orders.requests",
        "x-order-relay-attempts": 0,
        "x-order-relay-retries": 0,
        "x-order-relay-first-seen": to_rfc3339(NOW),
        "x-order-relay-parked-status": "unknown",
        "x-order-relay-parked-code": "outcome_unknown",
        "x-order-relay-parked-reason": "why",
        "x-order-relay-parked-at": to_rfc3339(NOW),
    }
    retry = retry_copy(forged, history(), 5)
    assert retry.message.headers.keys().isdisjoint(
        {*PARKED, *FORGED} - {ORIGINAL_EXCHANGE, ATTEMPTS, RETRIES, FIRST_SEEN}
    )
