"""One delivery's way: what is done for it, in which order."""

import asyncio
from datetime import timedelta

import pytest

from service.core.history import ATTEMPTS, FIRST_SEEN, SUSPICIONS, UNKNOWN_SINCE
from service.core.message import Message, PublicationKind
from service.core.outcome import Answered, ApiResult, Lost, NotSent
from service.core.request import DEADLINE
from service.flow.events.order import Abandoned, PublishFailed, Settled
from service.flow.events.process import Unexpected
from tests.flow.clock import EPOCH, settle
from tests.flow.fakes import placed, refusal, request
from tests.flow.world import World

UNKNOWN = Lost("read timed out")
UNREACHED = NotSent("connection refused")
LONG_AGO = "2020-01-01T00:00:00Z"


async def test_a_good_order_is_submitted_answered_and_acked_in_that_order() -> None:
    """The ack comes last, after the confirmed reply."""
    world = World()
    await world.serve(request())
    assert world.log == ["submit o-1", "reply accepted", "ack o-1"]
    assert world.broker.replies()[0]["order"] == "ord_o-1"


@pytest.mark.parametrize(
    ("message", "log"),
    [
        (request(body={"service": 7}), ["reply rejected invalid_order", "ack o-1"]),
        (request(body=b"{"), ["reply rejected invalid_message", "ack o-1"]),
        (request(None, reply_to="me"), ["park", "reply rejected missing_message_id", "ack -"]),
        (request(None), ["park", "ack -"]),
        (
            request("x" * 129, correlation_id="c"),
            ["park", "reply rejected message_id_too_long", f"ack {'x' * 129}"],
        ),
    ],
    ids=["invalid order", "invalid message", "no id, answerable", "no id", "id too long"],
)
async def test_what_is_no_order_is_never_submitted(message: Message, log: list[str]) -> None:
    """A bad message is answered or parked, and the API never hears of it."""
    world = World()
    await world.serve(message)
    assert world.log == log


async def test_an_undecodable_message_is_answered_and_dead_lettered() -> None:
    """What cannot be encoded again is moved by the broker, after its producer was told."""
    world = World()
    await world.serve(request(), undecodable="not UTF-8")
    assert world.log == ["reply rejected invalid_message", "dead-letter o-1"]


async def test_a_refused_order_is_answered_rejected() -> None:
    """The API's word is passed on."""
    world = World()
    world.api.answer("o-1", refusal("Insufficient balance"))
    await world.serve(request())
    assert world.log == ["submit o-1", "reply rejected insufficient_balance", "ack o-1"]


async def test_a_short_wait_happens_in_the_process_with_the_same_form() -> None:
    """The first retry waits below the first tier, unacked, and sends the same bytes."""
    world = World()
    world.api.answer("o-1", UNKNOWN, placed())
    await world.serve(request())
    assert world.log == ["submit o-1"]
    await world.clock.advance(0.5)
    assert world.log == ["submit o-1", "submit o-1", "reply accepted", "ack o-1"]
    assert world.api.forms[0] == world.api.forms[1]


async def test_a_long_wait_happens_in_a_retry_queue() -> None:
    """From the second wait on the order goes to a queue, with its history in headers."""
    world = World()
    world.api.answer("o-1", UNKNOWN, UNREACHED)
    await world.serve(request())
    await world.clock.advance(0.5)
    assert world.log == ["submit o-1", "submit o-1", "retry in 5", "ack o-1"]
    headers = world.broker.published[0].message.headers
    assert headers["x-order-relay-attempts"] == 1
    assert headers["x-order-relay-retries"] == 2
    assert headers["x-order-relay-last-outcome"] == "unreached"
    assert headers["x-order-relay-unknown-since"] == "2026-01-01T00:00:00.000000Z"


async def test_an_order_past_its_deadline_is_not_sent() -> None:
    """Nothing was sent, so it failed for certain."""
    world = World()
    await world.serve(request(headers={DEADLINE: EPOCH}))
    assert world.log == ["reply failed deadline_passed", "ack o-1"]


async def test_a_redelivered_order_past_its_deadline_is_unknown() -> None:
    """Whoever had it before may have sent it and died: certain failure would be a lie."""
    world = World()
    await world.serve(request(headers={DEADLINE: EPOCH}), redelivered=True)
    assert world.log == ["park", "reply unknown outcome_unknown", "ack o-1"]


async def test_a_deadline_that_passes_at_the_gate_is_kept() -> None:
    """Waiting for a permit does not send an order late."""
    world = World(concurrency=1)
    world.api.pause()
    await world.serve(request("first"))
    deadline = EPOCH + timedelta(seconds=5)
    await world.serve(request("second", headers={DEADLINE: deadline}))
    await world.clock.advance(6)
    world.api.resume()
    await settle()
    assert "submit second" not in world.log
    assert world.log[1:3] == ["reply failed deadline_passed", "ack second"]


@pytest.mark.parametrize("result", [UNKNOWN, Answered(500, b""), Answered(409, b"{}")])
async def test_giving_up_an_uncertain_order_parks_it_before_it_answers(result: ApiResult) -> None:
    """An order may exist: a person gets the copy first, then the producer is told `unknown`."""
    world = World()
    world.api.answer("o-1", result)
    deadline = EPOCH + timedelta(seconds=0.2)
    await world.serve(request(headers={DEADLINE: deadline}))
    await world.clock.advance(1)
    assert world.log == ["submit o-1", "park", "reply unknown outcome_unknown", "ack o-1"]


async def test_nothing_is_acked_until_the_broker_confirmed() -> None:
    """An unconfirmed reply is published again; the order is not asked for again."""
    world = World()
    world.broker.refuse("nack", "nack")
    await world.serve(request())
    await world.clock.advance(1)
    assert world.log == [
        "submit o-1",
        "unconfirmed reply",
        "unconfirmed reply",
        "reply accepted",
        "ack o-1",
    ]


async def test_what_can_never_be_published_is_given_back_unacked() -> None:
    """After the patience the delivery goes back to the broker; its answer is remembered."""
    world = World()
    world.broker.refuse(*["full"] * 500)
    await world.serve(request())
    await world.clock.advance(400)
    assert world.log[0] == "submit o-1"
    assert world.log[-1] == "requeue o-1"
    assert "ack o-1" not in world.log


async def test_what_no_try_can_publish_is_moved_by_the_broker() -> None:
    """It is found with the parked; tried on, it would keep its place for nothing."""
    world = World()
    world.broker.never_take("too large for a frame")
    await world.serve(request())
    assert world.log == ["submit o-1", "unconfirmed reply", "dead-letter o-1"]
    failed = PublishFailed("o-1", PublicationKind.REPLY, "too large for a frame")
    assert world.seen(PublishFailed) == [failed]


async def test_a_dead_delivery_is_neither_published_for_nor_acked() -> None:
    """The broker delivers it again: the answer is kept for then, and the API is not asked again."""
    world = World()
    world.api.pause()
    delivery = await world.serve(request())
    delivery.alive = False
    world.api.resume()
    await settle()
    assert world.log == ["submit o-1"]
    assert (len(world.seen(Abandoned)), world.seen(Settled)) == (1, [])
    await world.serve(request(), redelivered=True)
    assert world.log == ["submit o-1", "reply accepted", "ack o-1"]


async def test_what_a_producer_writes_in_our_headers_counts_for_nothing() -> None:
    """Its order is sent like any other."""
    world = World()
    forged = {ATTEMPTS: 99, SUSPICIONS: 99, FIRST_SEEN: "nonsense", UNKNOWN_SINCE: LONG_AGO}
    await world.serve(request(headers=forged))
    assert world.log == ["submit o-1", "reply accepted", "ack o-1"]


async def test_a_delivery_that_died_at_the_gate_is_not_submitted() -> None:
    """Its next delivery will be."""
    world = World(concurrency=1)
    world.api.pause()
    await world.serve(request("first"))
    waiting = await world.serve(request("second"))
    waiting.alive = False
    world.api.resume()
    await settle()
    assert world.log == ["submit first", "reply accepted", "ack first"]


async def test_a_defect_costs_one_delivery_and_counts_towards_its_limit() -> None:
    """An unforeseen error gives the delivery back; the next order is served."""
    world = World()

    def fail() -> None:
        world.broker.before_confirm = lambda: None
        raise ZeroDivisionError

    world.broker.before_confirm = fail
    await world.serve(request("bad"))
    # Not at once: its delivery limit would be used up in a moment.
    assert world.log == ["submit bad"]
    await world.clock.advance(1)
    await world.serve(request("good"))
    assert world.log[1:] == ["requeue bad (counted)", "submit good", "reply accepted", "ack good"]
    assert len(world.seen(Unexpected)) == 1


async def test_a_call_that_is_cancelled_from_below_costs_one_delivery() -> None:
    """Taken for a cancellation of ours, it would leave the order unsettled and hold its slot."""
    world = World()

    def give_up() -> None:
        world.broker.before_confirm = lambda: None
        raise asyncio.CancelledError

    world.broker.before_confirm = give_up
    await world.serve(request("o-1"))
    await world.clock.advance(1)
    assert world.log == ["submit o-1", "requeue o-1 (counted)"]
    (told,) = world.seen(Unexpected)
    assert isinstance(told, Unexpected)
    assert told.error == "CancelledError: "


async def test_what_is_cut_off_at_the_end_stays_with_the_broker() -> None:
    """A cancellation of ours settles nothing, and is no defect."""
    world = World()
    world.api.pause()
    await world.serve(request("o-1"))
    world.gate.drain()
    assert await world.relay.finish(0) == 1
    assert world.log == ["submit o-1"]
    assert world.seen(Unexpected) == []
