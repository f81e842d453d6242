"""The events from which a person learns what became of an order, and where it waits."""

from datetime import timedelta

import pytest

from service.core.message import Message
from service.core.outcome import Answered as ApiAnswered
from service.core.outcome import Lost
from service.core.request import DEADLINE
from service.core.settlement import Settlement
from service.flow.events.ends import Answered, ParkedUnanswered
from service.flow.events.labels import Waiting
from service.flow.events.order import Abandoned, RetryPlanned, Settled
from service.flow.sending.leaving import PATIENCE_SECONDS
from tests.flow.clock import EPOCH, settle
from tests.flow.fakes import refusal, request
from tests.flow.world import World


async def test_an_answer_says_all_that_its_reply_says() -> None:
    """And what the broker and the relay know beside it."""
    world = World()
    world.api.answer("o-1", refusal("Insufficient balance"))
    deadline = EPOCH + timedelta(hours=1)
    message = request(reply_to="to.me", correlation_id="c-1", headers={DEADLINE: deadline})
    await world.serve(message, redelivered=True)
    assert world.seen(Answered) == [
        Answered(
            request_id="o-1",
            status="rejected",
            code="insufficient_balance",
            order=None,
            message="Insufficient balance",
            http_status=400,
            attempts=1,
            settlement=Settlement.REPLIED,
            repeated=False,
            redelivered=True,
            routing_key="to.me",
            correlation_id="c-1",
            deadline=deadline,
            first_seen_at=EPOCH,
            answered_at=EPOCH,
            duration_seconds=0,
        )
    ]


async def test_a_correlation_id_that_only_repeats_the_request_id_is_left_out() -> None:
    """An accepted order has no code either."""
    world = World()
    await world.serve(request())
    (event,) = world.seen(Answered)
    assert isinstance(event, Answered)
    assert (event.code, event.correlation_id, event.routing_key) == (None, None, "order.accepted")


@pytest.mark.parametrize(
    ("arrival", "settlement", "code"),
    [
        ({}, Settlement.PARKED, "missing_message_id"),
        ({"undecodable": "not UTF-8"}, Settlement.DEAD_LETTERED, "invalid_message"),
        ({"undecodable": "x", "unsafe_to_dead_letter": True}, Settlement.PARKED, "invalid_message"),
    ],
    ids=["no id", "undecodable", "undecodable and unsafe to dead-letter"],
)
async def test_a_message_that_nobody_can_be_told_about_has_its_end_too(
    arrival: dict[str, object], settlement: Settlement, code: str
) -> None:
    """Once it is settled, with why it is parked."""
    world = World()
    await world.serve(request(None), **arrival)
    assert [type(event) for event in world.events[-2:]] == [Settled, ParkedUnanswered]
    event = world.events[-1]
    assert isinstance(event, ParkedUnanswered)
    assert (event.request_id, event.settlement, event.code) == (None, settlement, code)
    assert event.message
    assert world.seen(Answered) == []


async def test_a_message_that_was_not_settled_has_not_ended() -> None:
    """The broker delivers it again, and its end is told then."""
    world = World()
    world.broker.before_confirm = world.broker.lose_connection
    await world.serve(request(None))
    assert world.seen(ParkedUnanswered) == []


@pytest.mark.parametrize(
    ("message", "arrival"),
    [(request(), {}), (request(None), {}), (request(), {"undecodable": "x"})],
    ids=["ack", "ack of a parked one", "dead-letter"],
)
async def test_what_could_not_be_settled_does_not_count_as_settled(
    message: Message, arrival: dict[str, object]
) -> None:
    """The connection goes with the ack: the broker delivers again, and it counts then."""
    world = World()
    world.broker.before_settled = world.broker.lose_connection
    await world.serve(message, **arrival)
    assert (len(world.seen(Abandoned)), world.seen(Settled)) == (1, [])
    assert len(world.broker.returned) == 1
    assert world.seen(ParkedUnanswered) == []


@pytest.mark.parametrize(
    "message", [request(), request(body=b"{"), request(None, reply_to="me")], ids=repr
)
async def test_an_order_ends_only_once(message: Message) -> None:
    """Whoever is told is not parked in silence as well."""
    world = World()
    await world.serve(message)
    assert (len(world.seen(Answered)), world.seen(ParkedUnanswered)) == (1, [])


async def test_a_wait_says_why_where_and_until_when() -> None:
    """First in the process, then in a queue."""
    world = World()
    world.api.answer("o-1", ApiAnswered(502, b""), Lost("read timed out"))
    await world.serve(request())
    await world.clock.advance(0.5)
    half = timedelta(seconds=0.5)
    common = {"request_id": "o-1", "outcome": "unknown"}
    assert world.seen(RetryPlanned) == [
        RetryPlanned(
            **common,
            http_status=502,
            reason="the API answered 502",
            attempts=1,
            where=Waiting.PROCESS,
            delay_seconds=0.5,
            tier_seconds=1,
            waits_until=EPOCH + half,
        ),
        RetryPlanned(
            **common,
            http_status=None,
            reason="read timed out",
            attempts=2,
            where=Waiting.QUEUE,
            delay_seconds=5,
            tier_seconds=5,
            waits_until=EPOCH + half + timedelta(seconds=5),
        ),
    ]


async def test_an_order_that_is_held_for_long_says_that_it_waits_in_a_queue() -> None:
    """Without an attempt there is no outcome; the reason is the hold."""
    world = World()
    for message_id in ("o-1", "o-2"):
        world.api.answer(message_id, *[ApiAnswered(401, b"")] * 200)
    await world.serve(request("o-1"))
    await world.serve(request("o-2"))
    await world.clock.advance(PATIENCE_SECONDS + 60)
    waits = [event for event in world.seen(RetryPlanned) if isinstance(event, RetryPlanned)]
    assert sorted(event.request_id for event in waits) == ["o-1", "o-2"]
    for event in waits:
        assert (event.outcome, event.where, event.tier_seconds) == (None, Waiting.QUEUE, 1)
        assert event.reason == "orders are held for long"


async def test_an_order_in_the_middle_of_a_drain_says_that_it_waits_in_a_queue() -> None:
    """It was sent already: its history goes with it."""
    world = World()
    world.api.answer("o-1", Lost("read timed out"))
    await world.serve(request())
    world.gate.drain()
    await settle()
    first, second = world.seen(RetryPlanned)
    assert isinstance(first, RetryPlanned)
    assert isinstance(second, RetryPlanned)
    assert (first.where, first.reason) == (Waiting.PROCESS, "read timed out")
    assert (second.where, second.reason) == (Waiting.QUEUE, "the process ends")
    assert (second.attempts, second.waits_until) == (1, EPOCH + timedelta(seconds=1))
