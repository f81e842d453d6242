"""What is remembered of an id: an answer that is repeated, a doubt that is not."""

from datetime import timedelta

import pytest

from service.core.decision import RetryPolicy
from service.core.history import ATTEMPTS
from service.core.message import Message
from service.core.outcome import Lost
from service.flow.recent import RecentRequests
from tests.flow.clock import EPOCH, settle
from tests.flow.fakes import OTHER_BODY, refusal, request, waited
from tests.flow.world import World

pytestmark = pytest.mark.usefixtures("uncovered")

PARKED = ["park", "reply unknown outcome_unknown", "ack o-1"]
LAST_ATTEMPT = {ATTEMPTS: 11}
# A day of it would take seconds to play.
SHORT_WINDOW = RetryPolicy(idempotency_window_seconds=60)


async def test_a_rejection_is_repeated() -> None:
    """A refused order is not asked for again."""
    world = World()
    world.api.answer("o-1", refusal("Service not found"))
    await world.serve(request())
    await world.serve(request())
    answer = ["reply rejected service_not_found", "ack o-1"]
    assert world.log == ["submit o-1", *answer, *answer]


async def test_a_conflict_does_not_replace_the_answer() -> None:
    """The first order's answer is still repeated after somebody else used its id."""
    world = World()
    await world.serve(request())
    await world.serve(request(body=OTHER_BODY))
    await world.serve(request())
    assert [reply["status"] for reply in world.broker.replies()] == [
        "accepted",
        "rejected",
        "accepted",
    ]


async def parked_once(world: World) -> Message:
    """The copy of an order that is parked after its last attempt."""
    world.api.answer("o-1", Lost("read timed out"))
    await world.serve_again(waited(request(headers=LAST_ATTEMPT)))
    assert world.log == ["submit o-1", *PARKED]
    world.log.clear()
    return world.broker.parked[0]


async def test_what_was_parked_and_comes_again_is_asked_for_again() -> None:
    """From memory its answer would leave it in no queue: the copy may be the parked one itself."""
    world = World()
    copy = await parked_once(world)
    await world.serve(copy)
    assert world.log == ["submit o-1", "reply accepted", "ack o-1"]


@pytest.mark.parametrize("way", ["replayed", "moved by hand", "delivered again", "sent again"])
async def test_what_was_parked_and_cannot_be_sent_is_parked_again(way: str) -> None:
    """Whoever brings it back, by whatever way, finds it again; the API may have forgotten it."""
    world = World(policy=SHORT_WINDOW)
    copy = await parked_once(world)
    await world.clock.advance(world.policy.idempotency_window_seconds)
    match way:
        case "replayed":
            await world.serve_again(waited(copy))
        case "moved by hand":
            await world.serve(copy, exchange="", routing_key="orders.requests")
        case "delivered again":
            await world.serve_again(waited(copy, redelivered=True))
        case _:
            await world.serve(request())
    assert world.log == PARKED
    assert len(world.broker.parked) == 2


async def test_a_certain_answer_ends_the_doubt_about_an_id() -> None:
    """Later repeats get it from memory."""
    world = World(policy=SHORT_WINDOW)
    copy = await parked_once(world)
    await world.serve(copy)
    await world.clock.advance(world.policy.idempotency_window_seconds)
    await world.serve_again(waited(copy))
    assert world.log == ["submit o-1", *["reply accepted", "ack o-1"] * 2]


async def test_what_a_replay_says_of_its_order_counts_more_than_the_memory() -> None:
    """A person has found out that no order exists, and sends it anew."""
    world = World(policy=SHORT_WINDOW)
    await parked_once(world)
    await world.clock.advance(world.policy.idempotency_window_seconds)
    await world.serve_again(waited(request()))
    assert world.log == ["submit o-1", "reply accepted", "ack o-1"]


async def test_another_order_that_may_have_been_sent_elsewhere_is_no_mere_conflict() -> None:
    """A process that did not see the first one may have placed it."""
    world = World()
    await world.serve(request())
    await world.serve(request(body=OTHER_BODY), redelivered=True)
    assert world.log[-3:] == PARKED


async def test_a_failed_order_may_be_sent_again_under_its_id() -> None:
    """Certainly no order exists, so the producer may try once more, and it is tried."""
    world = World()
    late = request(headers={"x-order-relay-deadline": 1})
    await world.serve(late)
    await world.serve(request())
    assert world.log == [
        "reply failed deadline_passed",
        "ack o-1",
        "submit o-1",
        "reply accepted",
        "ack o-1",
    ]


async def test_an_order_that_failed_at_the_gate_may_be_sent_again_under_its_id() -> None:
    """It was let in too late, and never sent."""
    world = World(concurrency=1)
    world.api.pause()
    await world.serve(request("first"))
    await world.serve(request(headers={"x-order-relay-deadline": EPOCH + timedelta(seconds=5)}))
    await world.clock.advance(6)
    world.api.resume()
    await settle()
    assert world.log[1:3] == ["reply failed deadline_passed", "ack o-1"]
    await world.serve(request())
    assert world.log[-3:] == ["submit o-1", "reply accepted", "ack o-1"]


async def test_an_order_that_waits_in_a_queue_conflicts_with_another_body() -> None:
    """The first may have been sent: the second must not be, whatever the API would do with it."""
    world = World()
    world.api.answer("o-1", Lost("read timed out"), Lost("read timed out"))
    await world.serve(request())
    await world.clock.advance(1)
    assert world.log[-2:] == ["retry in 5", "ack o-1"]
    await world.serve(request(body=OTHER_BODY))
    assert world.log[-2:] == ["reply rejected message_id_conflict", "ack o-1"]


async def test_the_memory_is_bounded_and_forgets_the_oldest() -> None:
    """A flood of ids does not grow it."""
    world = World()
    recent = RecentRequests(size=3)
    world.relay._recent = recent  # noqa: SLF001 - a small memory shows its bound
    for number in range(5):
        await world.serve(request(f"o-{number}"))
    assert len(recent) == 3
    await world.serve(request("o-4"))
    await world.serve(request("o-0"))
    assert [entry for entry in world.log if entry.startswith("submit")][-1] == "submit o-0"
    assert world.log.count("submit o-4") == 1


async def test_what_is_met_again_is_forgotten_last() -> None:
    """An order that comes back from its waits is known for as long as it comes back."""
    world = World()
    world.relay._recent = RecentRequests(size=2)  # noqa: SLF001 - a small memory shows its bound
    for message_id in ("o-1", "o-2", "o-1", "o-3"):
        await world.serve(request(message_id))
    await world.serve(request("o-1", body=OTHER_BODY))
    assert world.log[-2:] == ["reply rejected message_id_conflict", "ack o-1"]


async def test_an_unknown_outcome_is_not_repeated_before_it_is_parked() -> None:
    """Else its producer would be told, and nobody have a copy to look at."""
    world = World()
    world.broker.refuse(*["full"] * 500)
    message = request(headers={"x-order-relay-deadline": 1})
    await world.serve(message, redelivered=True)
    await world.clock.advance(400)
    assert world.log[-1] == "requeue o-1"
    world.broker.accept()
    await world.serve(message, redelivered=True)
    assert world.log[-3:] == ["park", "reply unknown outcome_unknown", "ack o-1"]
