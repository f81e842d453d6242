"""What is made of what relays and queues say: pure."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.commands.trace import words
from service.commands.trace.judging import wants_tiers
from service.commands.trace.places import Relay, Said, Seen, Silent, Unlooked
from service.core.message import Message, Received
from service.core.parked.replies import read_reply
from service.flow.held_orders import Stage, Stand
from tests.commands.trace.said import AGO, NOBODY, NOW, REPLY, SOON, TIER, at, ended, traced


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
