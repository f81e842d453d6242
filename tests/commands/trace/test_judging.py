"""What is made of what relays and queues say: pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.commands.trace import words
from service.commands.trace.judging import judge, wants_tiers
from service.commands.trace.places import (
    End,
    Relay,
    Said,
    Seen,
    Silent,
    Trace,
    Unlooked,
    Waiting,
)
from service.commands.trace.relays import UnreadableAnswerError, read
from service.core.message import Message, Received
from service.core.parked.found import inspect
from service.core.parked.replies import read_reply
from service.flow.held_orders import Stage, Stand

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SOON = NOW + timedelta(seconds=20)
AGO = NOW - timedelta(minutes=3)
TIER = Waiting(30, 2, "unknown")
PARKED_HEADERS = {
    "x-order-relay-parked-status": "unknown",
    "x-order-relay-parked-code": "outcome_unknown",
    "x-order-relay-parked-reason": "no certain answer",
    "x-order-relay-parked-at": "2026-01-31T11:57:00.000000Z",
}
PARKED = inspect(Received(Message(b"{}", message_id="o-1", headers=PARKED_HEADERS)))
REPLY = read_reply(
    Received(Message(b'{"status": "accepted"}', message_id="o-1", timestamp=AGO), "", "shop.gone")
)
NOBODY = Seen(requests=0)


def at(stage: Stage, until: datetime | None = None, *reasons: str) -> Said:
    """A relay that holds it there since three minutes."""
    return Said("a:8080", (Stand(stage, AGO, until),), reasons=reasons)


def ended(status: str, code: str | None = None, order: str | None = None) -> End:
    """An end, three minutes ago."""
    return End(status, code, order, AGO, "the relay at a:8080")


def traced(relays: list[Relay], seen: Seen = NOBODY) -> Trace:
    """The verdict."""
    return judge(relays, seen, NOW)


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


def test_what_the_reason_says_is_not_said_again() -> None:
    """That an order may exist."""
    reason = {"x-order-relay-parked-reason": "no certain answer; an order may exist"}
    parked = inspect(Received(Message(b"{}", headers=PARKED_HEADERS | reason)))
    (found,) = traced([], Seen(parked=(parked,), requests=0)).places
    assert words.where(found, "orders", NOW) == (
        "parked 3 min ago: outcome_unknown: no certain answer; an order may exist"
    )


def test_a_copy_is_set_aside_for_the_one_in_hand() -> None:
    """The one in hand comes first, then what waits for it."""
    behind = Stand(Stage.SAME_ID, AGO - timedelta(hours=1))
    relay = replace(at(Stage.AT_THE_API), wait=(30, SOON))
    places = traced([Said("b:8080", (behind,)), relay], Seen(tiers=(TIER,), requests=0)).places
    assert [words.name(place) for place in places] == ["at_the_api", "same_id", "set_aside"]
    assert "another message with its id is set aside in orders.retry.30, until" in words.where(
        places[2], "orders", NOW
    )


@pytest.mark.parametrize(
    ("ready", "told"), [(0, []), (2, ["2 wait for"]), (None, ["some wait for"])]
)
def test_tiers_that_were_not_looked_at_are_told(ready: int | None, told: list[str]) -> None:
    """Where one is empty nothing of it is unknown."""
    found = traced([Said("a:8080")], Seen(tiers=Unlooked("4.0.5", ready), requests=0))
    assert [text.partition(" their next attempt, ")[0] for text in found.not_known] == told
    assert words.where(found.places[0], "orders", NOW) == (
        "nowhere that could be asked" if told else "nowhere: no relay has it, and no queue"
    )


def test_a_relay_tells_of_tiers_that_were_not_looked_at() -> None:
    """What it set aside, also beside one in hand or an end."""
    seen = Seen(tiers=Unlooked("4.0.5", 1), requests=0)
    aside = replace(at(Stage.AT_THE_API), wait=(30, SOON))
    assert [words.name(place) for place in traced([aside], seen).places] == [
        "at_the_api",
        "set_aside",
    ]
    ended_too = Said("a:8080", wait=(30, SOON), ends=(ended("accepted"),))
    found = traced([ended_too], seen)
    assert [words.name(place) for place in found.places] == ["retry_tier"]
    assert found.not_known == ()


def test_the_accepted_end_comes_first_and_each_once() -> None:
    """Of two that tell the same, the reply has the order."""
    told = (ended("unknown", "outcome_unknown"), ended("failed", "too_old"), ended("accepted"))
    relays: list[Relay] = [Said("a:8080", ends=told), Said("b:8080", ends=told)]
    ends = traced(relays, Seen(unrouted=((REPLY, "ord_1"),), requests=0)).ends
    assert [(end.status, end.order) for end in ends] == [
        ("accepted", "ord_1"),
        ("failed", None),
        ("unknown", None),
    ]
    failed = read_reply(Received(Message(b'{"status": "failed"}', message_id="o-1"), "", "k"))
    ends = traced(relays, Seen(unrouted=((failed, None),), requests=0)).ends
    assert [(end.status, end.code) for end in ends][1] == ("failed", "too_old")


@pytest.mark.parametrize(
    ("relays", "seen", "told"),
    [
        ([Said("a:8080")], NOBODY, []),
        (
            [Silent("a:8080", "no answer in 2 s")],
            Seen(requests=0, unread=("what is in orders.parked: others read it",)),
            [
                "what the relay at a:8080 holds: no answer in 2 s",
                "what is in orders.parked: others read it",
            ],
        ),
        ([Said("a:8080")], Seen(), ["how many wait in the requests queue; it may be among them"]),
        (
            [Said("a:8080")],
            Seen(requests=0, consumers=3),
            ["3 consume the requests, asked were 1; name each with --relay"],
        ),
        ([Said("a:8080"), Said("b:8080")], Seen(requests=0, consumers=2), []),
        ([at(Stage.AT_THE_API)], Seen(requests=0, consumers=3), []),
        # What is in hand is not looked for among those that wait.
        ([at(Stage.AT_THE_API)], Seen(requests=3), []),
    ],
)
def test_what_cannot_be_known_is_told(relays: list[Relay], seen: Seen, told: list[str]) -> None:
    """Why, each in a line."""
    assert list(traced(relays, seen).not_known) == told


def test_those_that_wait_for_a_relay_are_told_and_not_looked_at() -> None:
    """Also where one end is known: it may have been sent twice."""
    known = traced([Said("a:8080", ends=(ended("accepted"),))], Seen(requests=3))
    assert [text.partition(",")[0] for text in known.not_known] == ["3 wait in the requests queue"]


def test_the_tiers_are_looked_at_sparingly() -> None:
    """Not while a relay holds the order, and none has set a copy aside."""
    assert wants_tiers([])
    assert wants_tiers([Said("a:8080"), Silent("b:8080", "refused")])
    assert not wants_tiers([Said("a:8080"), at(Stage.AT_THE_API)])
    assert wants_tiers([Said("a:8080", wait=(30, SOON)), at(Stage.AT_THE_API)])


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


def test_what_a_relay_says_is_read() -> None:
    """Stages, times and reasons, as the admin port writes them."""
    text = (
        '{"in_hand": [{"stage": "waiting", "since": "2026-01-31T11:57:00Z", "until": '
        '"2026-01-31T12:00:20Z"}], "wait": {"tier_seconds": 30, "until": '
        '"2026-01-31T12:00:20Z"}, "ends": [{"status": "accepted", "code": null, '
        '"answered_at": "2026-01-31T11:57:00Z"}], "reasons": ["held: circuit: x"]}'
    )
    stand = Stand(Stage.WAITING, AGO, SOON)
    assert read(text, "a:8080") == Said(
        "a:8080", (stand,), (30, SOON), (ended("accepted"),), ("held: circuit: x",)
    )


@pytest.mark.parametrize(
    "text",
    [
        "<html>",
        "[]",
        '{"in_hand": []}',
        '{"in_hand": [{}], "wait": null, "ends": [], "reasons": []}',
        '{"in_hand": [], "wait": {"tier_seconds": "x"}, "ends": [], "reasons": []}',
        '{"in_hand": [], "wait": null, "ends": [1], "reasons": []}',
        '{"in_hand": [{"stage": "?", "since": "x"}], "wait": null, "ends": [], "reasons": []}',
        "[" * 100_000,
    ],
)
def test_what_no_relay_says_is_not_read(text: Any) -> None:
    """Whatever else listens there ends nothing."""
    with pytest.raises(UnreadableAnswerError):
        read(text, "a:8080")
