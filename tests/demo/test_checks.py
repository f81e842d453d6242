"""The demo's verdict: whatever is not as it must be is found."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.demo import checks
from tests.demo.checks import Ended
from tests.demo.mail import Parked, Reply
from tests.demo.scenario import Ending, Message, accepted, rejected

ORDER = "ord_1"
MESSAGE = Message(name="m", about="", body=b"{}", ending=accepted(), message_id="m")
REFUSED = replace(MESSAGE, ending=rejected("invalid_order"))
PARKED = replace(MESSAGE, ending=rejected("message_id_too_long", parked=True))
BODY = {"request_id": "m", "status": "accepted", "order": ORDER, "attempts": 1}
REPLY = Reply(
    key="m",
    routing_key="order.accepted",
    message_id="m",
    type="order.reply.v1",
    body=BODY,
    arrived=time.monotonic(),
    unrouted=False,
)
ENDED = Ended(MESSAGE, REPLY, 0.1)


def ledger(**orders: int) -> dict[str, Any]:
    """The stand-in's ledger with a count of orders for each request_id."""
    entries = {
        name: {"orders": count, "answer": f'{{"order": "{ORDER}"}}'}
        for name, count in orders.items()
    }
    return {"orders": sum(orders.values()), "by_request_id": entries}


def test_nothing_is_found_where_all_is_well() -> None:
    """An accepted order that exists once is what must be."""
    assert ENDED.problems() == []
    assert list(checks.ledger_problems([ENDED], ledger(m=1))) == []
    assert list(checks.kept_problems([ENDED], [])) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"body": BODY | {"status": "failed"}}, "status is 'failed'"),
        ({"body": BODY | {"error": {"code": "refused"}}}, "code is 'refused'"),
        ({"body": BODY | {"request_id": "n"}}, "request_id is 'n'"),
        ({"body": BODY | {"attempts": 0}}, "0 attempts"),
        ({"type": "order.reply.v2"}, "type is"),
        ({"routing_key": "order.failed"}, "routing key is"),
        ({"unrouted": True}, "unrouted is True"),
    ],
)
def test_a_wrong_reply(change: Mapping[str, Any], problem: str) -> None:
    """Each field of a reply that is not as it must be is named."""
    (found,) = Ended(MESSAGE, replace(REPLY, **change), 0.1).problems()
    assert problem in found


@pytest.mark.parametrize(
    ("message", "book", "problem"),
    [
        (MESSAGE, ledger(m=2), "2 orders exist"),
        (MESSAGE, ledger(m=0), "0 orders exist"),
        (MESSAGE, ledger(), "the API knows nothing of it"),
        (REFUSED, ledger(m=0), "the API was asked for it"),
        (replace(MESSAGE, ending=Ending(status="unknown")), ledger(), "knows nothing"),
    ],
)
def test_a_wrong_ledger(message: Message, book: Mapping[str, Any], problem: str) -> None:
    """An order that exists twice, not at all or against the rules is found."""
    found = list(checks.ledger_problems([Ended(message, REPLY, 0.1)], book))
    assert any(problem in each for each in found)


def test_another_order_id() -> None:
    """A reply whose order is not the one of the ledger is found."""
    other = Ended(MESSAGE, replace(REPLY, body=BODY | {"order": "ord_2"}), 0.1)
    (found,) = checks.ledger_problems([other], ledger(m=1))
    assert "ord_2 is not the one" in found


def test_parked() -> None:
    """What should be parked and is not is found, and what is and should not be."""
    (missing,) = checks.kept_problems([Ended(PARKED, REPLY, 0.1)], [])
    (surplus,) = checks.kept_problems([ENDED], [Parked("m", "why")])
    assert (missing, surplus) == ("m: is not parked", "m: is parked")


def test_counts() -> None:
    """Metrics that contradict what arrived are found."""
    totals = {
        "order_relay_replies_total": 2.0,
        "order_relay_deliveries_total": 2.0,
        "order_relay_settled_total": 1.0,
    }
    replies, settled = checks.metrics_problems([ENDED], totals)
    assert "2 replies, and 1 arrived" in replies
    assert "2 messages were delivered, and 1 settled" in settled
