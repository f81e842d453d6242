"""What a person reads of each place: pure."""

import pytest

from service.commands.trace import words
from service.commands.trace.places import Relay, Said, Seen, Silent
from service.core.message import Message, Received
from service.core.parked.found import inspect
from service.core.parked.replies import read_reply
from service.flow.held_orders import Stage
from tests.commands.trace.said import AGO, NOBODY, NOW, REPLY, SOON, TIER, at, ended, traced

PARKED_HEADERS = {
    "x-order-relay-parked-status": "unknown",
    "x-order-relay-parked-code": "outcome_unknown",
    "x-order-relay-parked-reason": "no certain answer",
    "x-order-relay-parked-at": "2026-01-31T11:57:00.000000Z",
}
PARKED = inspect(Received(Message(b"{}", message_id="o-1", headers=PARKED_HEADERS)))


@pytest.mark.parametrize(
    ("relays", "seen", "place", "text"),
    [
        (
            [at(Stage.IN_LINE, None, "held: circuit: the API fails")],
            NOBODY,
            "in_line",
            "in the line of the relay at a:8080, since 3 min; held: circuit: the API fails",
        ),
        ([at(Stage.AT_THE_API)], NOBODY, "at_the_api", "at the API, sent by the relay at a:8080"),
        (
            [at(Stage.WAITING, SOON)],
            NOBODY,
            "waiting",
            "waits in the relay at a:8080 until 2026-01-31T12:00:20Z, 20 s more",
        ),
        (
            [at(Stage.PUBLISHING)],
            NOBODY,
            "publishing",
            "the relay at a:8080 publishes what became of it, since 3 min",
        ),
        (
            [at(Stage.SAME_ID)],
            NOBODY,
            "same_id",
            "behind another message with its id, in the relay at a:8080, since 3 min",
        ),
        (
            [Said("a:8080", wait=(30, SOON))],
            Seen(tiers=(TIER,), requests=7),
            "retry_tier",
            "waits in orders.retry.30, until 2026-01-31T12:00:20Z, 20 s more (2 attempts, the last",
        ),
        (
            # A wait of another time, which is over, says nothing of this one.
            [Said("a:8080", wait=(30, AGO)), Said("b:8080", wait=(5, SOON))],
            Seen(tiers=(TIER,), requests=0),
            "retry_tier",
            "waits in orders.retry.30, for 30 s at most (2 attempts, the last unknown)",
        ),
        (
            [],
            Seen(parked=(PARKED,), requests=0),
            "parked",
            "parked 3 min ago: outcome_unknown: no certain answer; an order may exist",
        ),
        (
            [],
            Seen(unrouted=((REPLY, "ord_1"),), requests=0),
            "unrouted",
            "its reply (accepted, order ord_1) waits in orders.unrouted since 3 min: nobody",
        ),
        (
            [Said("a:8080", ends=(ended("rejected", "invalid_order"),))],
            NOBODY,
            "answered",
            "answered: rejected, invalid_order, 3 min ago (told by the relay at a:8080)",
        ),
        ([Said("a:8080")], NOBODY, "nowhere", "nowhere: no relay has it, and no queue"),
        (
            [Said("a:8080")],
            Seen(requests=1200),
            "nowhere",
            "perhaps among the 1 200 that wait in orders.requests; nowhere else",
        ),
        (
            [Said("a:8080")],
            Seen(),
            "nowhere",
            "perhaps in orders.requests; nowhere else that could be looked at",
        ),
        ([Silent("a:8080", "refused")], NOBODY, "nowhere", "nowhere that could be asked"),
        (
            [Said("a:8080"), Silent("b:8080", "refused")],
            Seen(requests=3),
            "nowhere",
            "perhaps among the 3 that wait in orders.requests; nowhere else that could be asked",
        ),
        # A relay that was not asked may hold it.
        ([Said("a:8080")], Seen(requests=0, consumers=2), "nowhere", "nowhere that could be asked"),
        (
            [Said("a:8080", wait=(5, AGO)), Said("b:8080", wait=(30, SOON))],
            Seen(requests=0, unread=("what is in orders.retry.30: others read it",)),
            "retry_tier",
            "waits in orders.retry.30, until 2026-01-31T12:00:20Z, 20 s more (so says the relay at",
        ),
        # Its wait is over, and nobody says what came of it.
        ([Said("a:8080", wait=(30, AGO))], NOBODY, "nowhere", "nowhere that could be asked"),
        (
            [Said("a:8080", wait=(30, SOON)), Said("b:8080", ends=(ended("accepted"),))],
            NOBODY,
            "answered",
            "answered: accepted",
        ),
    ],
)
def test_each_place_has_its_words(relays: list[Relay], seen: Seen, place: str, text: str) -> None:
    """One word for programs, a sentence for people, and what happens next."""
    (found,) = traced(relays, seen).places
    assert words.name(found) == place
    assert words.where(found, "orders", NOW).startswith(text)
    assert words.what_next(found)


def test_nothing_of_a_message_writes_on_the_terminal() -> None:
    """Escape sequences come out as harmless text, and what is to be typed is safe to paste."""
    evil = "\x1b]0;owned\x07$(rm -rf ~)"
    headers = {**PARKED_HEADERS, "x-order-relay-parked-reason": evil}
    parked = inspect(Received(Message(b"{}", message_id=evil, headers=headers)))
    reply = read_reply(Received(Message(b'{"status": "\x1b"}', message_id=evil), "", evil))
    found = traced([Silent(evil, evil)], Seen((parked,), ((reply, evil),), (TIER,), 0, (evil,)))
    lines = list(words.lines(evil, found, "orders", NOW))
    assert all(line.isprintable() and line.isascii() for line in lines)
    nexts = [line for line in lines if line.startswith("next")]
    assert not any("rm" in line for line in nexts)


def test_what_the_reason_says_is_not_said_again() -> None:
    """That an order may exist."""
    reason = {"x-order-relay-parked-reason": "no certain answer; an order may exist"}
    parked = inspect(Received(Message(b"{}", headers=PARKED_HEADERS | reason)))
    (found,) = traced([], Seen(parked=(parked,), requests=0)).places
    assert words.where(found, "orders", NOW) == (
        "parked 3 min ago: outcome_unknown: no certain answer; an order may exist"
    )
