"""Replies that nobody was bound for."""

from dataclasses import replace

import pytest

from service.core.message import Message, Received
from service.core.parked.acting import Planned, Refused
from service.core.parked.replies import Choice, deliver, handle_of, read_reply
from tests.core.build import NOW, received

REPLY = Received(
    Message(
        b'{"status": "accepted"}', message_id="o-1", timestamp=NOW, headers={"traceparent": "t"}
    ),
    "orders.unrouted",
    "shop.a",
)


def with_(**changes: object) -> Received:
    """The reply with its message changed so."""
    return replace(REPLY, message=replace(REPLY.message, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b'{"status": "failed"}', "failed"), (b'{"status": 5}', ""), (b"[]", ""), (b"\xff", "")],
)
def test_what_it_says(body: bytes, status: str) -> None:
    """Its status, where it has one."""
    reply = read_reply(with_(body=body))
    assert (reply.status, reply.request_id, reply.routing_key) == (status, "o-1", "shop.a")
    assert reply.answered_at == NOW


def test_it_is_published_as_it_was() -> None:
    """Without what the broker wrote on it."""
    planned = deliver(with_(headers={"traceparent": "t", "x-death": [], "CC": ["elsewhere"]}))
    assert isinstance(planned, Planned)
    (copy,) = planned.publications
    assert (copy.routing_key, copy.message) == ("shop.a", REPLY.message)
    assert isinstance(deliver(received(undecodable="not UTF-8")), Refused)


def test_a_handle_names_one_reply_and_its_copy() -> None:
    """Whatever way it came."""
    others = [REPLY, with_(body=b""), with_(message_id="o-2"), replace(REPLY, routing_key="b")]
    assert len({handle_of(one) for one in others}) == len(others)
    assert handle_of(replace(REPLY, exchange="", redelivered=True)) == handle_of(REPLY)


@pytest.mark.parametrize(
    ("choice", "takes"),
    [
        (Choice(), True),
        (Choice(ids=frozenset({"o-1"})), True),
        (Choice(ids=frozenset({handle_of(REPLY)}), keys=frozenset({"shop.a"})), True),
        (Choice(ids=frozenset({"o-1"}), keys=frozenset({"shop.b"})), False),
        (Choice(ids=frozenset({"o-2"})), False),
    ],
)
def test_which_are_meant(choice: Choice, *, takes: bool) -> None:
    """By id or handle, and by routing key."""
    assert choice.takes(read_reply(REPLY)) is takes
    assert choice.everything is (choice == Choice())
