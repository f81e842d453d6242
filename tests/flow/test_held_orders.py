"""The age of the oldest order that a process holds."""

from contextlib import ExitStack
from datetime import timedelta

from service.core.history import FIRST_SEEN
from service.core.outcome import Lost
from service.core.times import to_rfc3339
from service.flow.held_orders import HeldOrders, Stage, Stand
from tests.flow.clock import EPOCH, settle
from tests.flow.fakes import request, waited
from tests.flow.world import World

HOUR = timedelta(hours=1)


def test_the_oldest_counts_in_whatever_order_they_end() -> None:
    """The age falls to that of the next oldest, and to 0 with the last."""
    held = HeldOrders()
    ages = [held.oldest_age_seconds(100.0)]
    with ExitStack() as young:
        with ExitStack() as old:
            young.enter_context(held.holding(90.0))
            old.enter_context(held.holding(40.0))
            ages.append(held.oldest_age_seconds(100.0))
        ages.append(held.oldest_age_seconds(100.0))
    ages.append(held.oldest_age_seconds(100.0))
    assert ages == [0.0, 60.0, 10.0, 0.0]
    assert len(held) == 0


def test_a_clock_that_differs_between_threads_shows_no_negative_age() -> None:
    """A scrape may have read its time before the order came."""
    held = HeldOrders()
    with held.holding(100.0):
        assert held.oldest_age_seconds(99.9) == 0.0


async def test_the_age_grows_by_itself_until_the_answer() -> None:
    """From when the first order came; one that waits behind it changes nothing."""
    world = World()
    world.api.pause()
    ages = [world.relay.oldest_order_age_seconds()]
    await world.serve(request("o-1"))
    await world.clock.advance(40)
    await world.serve(request("o-2"))
    await world.clock.advance(30)
    ages.append(world.relay.oldest_order_age_seconds())
    world.api.resume()
    await settle()
    ages.append(world.relay.oldest_order_age_seconds())
    assert ages == [0, 70, 0]


async def test_an_order_is_held_until_its_reply_is_confirmed() -> None:
    """What cannot be published grows old here."""
    world = World()
    world.broker.refuse("blocked")
    await world.serve(request())
    await world.clock.advance(0.01)
    assert world.relay.oldest_order_age_seconds() > 0
    await world.clock.advance(60)
    assert world.log[-1] == "ack o-1"
    assert world.relay.oldest_order_age_seconds() == 0


async def test_an_order_out_of_a_waiting_tier_is_as_old_as_it_says() -> None:
    """The waits before count."""
    world = World()
    world.api.pause()
    headers = {FIRST_SEEN: to_rfc3339(EPOCH - HOUR)}
    await world.serve_again(waited(request(headers=headers)))
    await world.clock.advance(5)
    assert world.relay.oldest_order_age_seconds() == 3605


async def test_a_producer_cannot_make_its_order_look_old() -> None:
    """What it writes into our header counts for nothing here."""
    world = World()
    world.api.pause()
    headers = {FIRST_SEEN: to_rfc3339(EPOCH - HOUR)}
    await world.serve(request(headers=headers))
    await world.clock.advance(5)
    assert world.relay.oldest_order_age_seconds() == 5


async def test_a_message_that_is_no_order_is_held_while_it_cannot_be_parked() -> None:
    """It is in nobody else's hands either."""
    world = World()
    world.broker.refuse("blocked")
    await world.serve(request(message_id=None))
    await world.clock.advance(0.01)
    assert world.relay.oldest_order_age_seconds() > 0


async def test_each_stage_of_an_order_is_told() -> None:
    """In the line, at the API, waiting here, with a copy behind it, publishing; then no more."""
    world = World(concurrency=1)

    def stages(message_id: str) -> list[Stage]:
        return [stand.stage for stand in world.relay.held.stands(message_id)]

    world.api.pause()
    await world.serve(request("o-1"))
    await world.serve(request("o-2"))
    await world.serve(request("o-1"))
    assert stages("o-1") == [Stage.AT_THE_API, Stage.SAME_ID]
    assert stages("o-2") == [Stage.IN_LINE]
    world.broker.refuse("blocked")
    world.api.answer("o-1", Lost("read timed out"))
    world.api.resume()
    await settle()
    assert stages("o-2") == [Stage.PUBLISHING]
    (waits, _) = world.relay.held.stands("o-1")
    now = world.clock.now()
    assert waits == Stand(Stage.WAITING, now, now + timedelta(seconds=0.5))
    await world.clock.advance(600)
    assert stages("o-1") + stages("o-2") == []
