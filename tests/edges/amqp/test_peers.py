"""Replicas that share the limits through a real stream."""

import asyncio
from dataclasses import replace
from math import inf

import pytest

from service.edges.amqp.broker import Broker
from service.edges.amqp.peers_wire import LONGEST_BODY_BYTES, read, write
from service.edges.system_clock import SystemClock
from service.flow.events.process import SharingChanged, SharingLost
from service.flow.sending.said import Said, State
from service.flow.sending.sharing import Common
from tests.edges.amqp.proxied import through
from tests.edges.amqp.replicas import Start, all_have
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Direction, Proxy

BEFORE_A_LIFE_SECONDS = 3.5


@pytest.fixture
def vhost(empty_vhost: VirtualHost) -> VirtualHost:
    """Nothing stands but what the replicas declare."""
    return empty_vhost


async def test_two_begin_a_third_joins_and_one_says_good_bye(start: Start) -> None:
    """The shares follow at once: sooner than any of them could be missed."""
    one = start("a")
    await one.until(1)
    two = start("b")
    await all_have(1 / 2, one, two)
    three = start("c")
    await all_have(1 / 3, one, two, three)
    assert [each.peers.count() for each in (one, two, three)] == [3, 3, 3]
    assert [each.peers.leads() for each in (one, two, three)] == [True, False, False]
    await three.stop()
    await all_have(1 / 2, one, two, timeout_seconds=BEFORE_A_LIFE_SECONDS)
    assert three.peers.share() == 0
    assert one.events.events == [SharingChanged(None, "by the stream orders.peers")]


async def test_one_that_is_gone_without_a_word_is_missed_after_its_life(start: Start) -> None:
    """Not before: it may be there and only be late."""
    one, two = start("a"), start("b")
    await all_have(1 / 2, one, two)
    killed_at = asyncio.get_running_loop().time()
    await two.kill()
    await one.until(1)
    assert asyncio.get_running_loop().time() - killed_at > 2.5


async def test_weights_and_what_is_known_go_to_all(start: Start) -> None:
    """An idle one leaves its part, a held one all of it; the smallest rates count."""
    one, two = start("a"), start("b")
    await all_have(1 / 2, one, two)
    two.become(State(weight=0.1, ceiling=70.0, budget=80.0, not_before_in=9.0, troubled=True))
    await one.until(1 / 1.1)
    await one.when(lambda: one.peers.common().ceiling == 70.0)
    common = one.peers.common()
    assert (common.ceiling, common.budget) == (70.0, 80.0)
    assert SystemClock().monotonic() < common.not_before < SystemClock().monotonic() + 9
    assert two.peers.common() == Common(busy=1, troubled=False)
    two.become(State())
    await all_have(1, one)
    assert two.peers.share() == 0
    two.become(State(weight=1))
    await all_have(1 / 2, one, two, timeout_seconds=BEFORE_A_LIFE_SECONDS)


async def test_a_cut_connection_is_made_anew_and_continued(
    vhost: VirtualHost, start: Start
) -> None:
    """What was read is not read again, and the replica is the same to the others."""
    async with Proxy("127.0.0.1", vhost.node.amqp_port) as proxy:
        one, two = start("a"), start("b", Broker([through(proxy, vhost.url)]))
        await all_have(1 / 2, one, two)
        proxy.cut()
        await two.events.until(SharingLost)
        await proxy.connected(2)
        await all_have(1 / 2, one, two)
        assert one.peers.count() == two.peers.count() == 2


async def test_who_hears_nothing_sends_nothing(vhost: VirtualHost, start: Start) -> None:
    """It lapses before the others take its part, and begins again when it hears them."""
    async with Proxy("127.0.0.1", vhost.node.amqp_port) as proxy:
        one, two = start("a"), start("b", Broker([through(proxy, vhost.url)]))
        await all_have(1 / 2, one, two)
        proxy.stall(Direction.TO_CLIENT)
        await one.until(1)
        assert two.peers.share() == 0
        assert not two.peers.leads()
        proxy.resume()
        await all_have(1 / 2, one, two)


async def test_a_stream_that_is_deleted_is_made_again(vhost: VirtualHost, start: Start) -> None:
    """Its offsets begin at 0 again, and nobody goes by those of the old one."""
    one, two = start("a"), start("b")
    await all_have(1 / 2, one, two)
    async with vhost.channel() as channel:
        await channel.queue_delete("orders.peers")
    await one.events.until(SharingLost)
    await two.events.until(SharingLost)
    await all_have(1 / 2, one, two)


async def test_what_is_not_of_the_schema_is_passed_over(vhost: VirtualHost, start: Start) -> None:
    """Nothing in it can end the reading."""
    one = start("a")
    await one.until(1)
    async with vhost.channel() as channel:
        exchange = await channel.get_exchange("orders.peers", ensure=False)
    for body in (b"", b"\xff", b"[]", b"{}", b'{"id": "x", "weight": 1}', b"x" * 200_000):
        await vhost.publish(body, exchange=exchange.name, routing_key="")
    two = start("b")
    await all_have(1 / 2, one, two)
    assert not one.events.of(SharingLost)


SAID = Said(id="a", weight=1.0, seen=3, at=1.5, life=4.0, ceiling=80.0)
LEARNED = replace(SAID, lessons=7)


def test_what_is_written_is_read() -> None:
    """With keys of a later version beside it, and without those of this one."""
    assert read(write(LEARNED)) == LEARNED
    assert read(b'{"id":"a","weight":1,"seen":3,"at":1.5,"life":4,"ceiling":80,"new":[1]}') == SAID


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight": 1.1},
        {"weight": -0.1},
        {"at": inf},
        {"life": 0.0},
        {"life": 61.0},
        {"life": inf},
        {"not_before_in": -1.0},
        {"ceiling": 0.0},
        {"lessons": -1},
        {"budget": inf},
        {"id": "a" * LONGEST_BODY_BYTES},
    ],
    ids=str,
)
def test_what_cannot_be_is_passed_over(wrong: dict[str, object]) -> None:
    """One such message would be everybody's."""
    values: dict[str, object] = {"id": "a", "weight": 1.0, "seen": 3, "at": 1.5, "life": 4.0}
    text = str(values | wrong).replace("'", '"').replace("inf", "Infinity")
    assert read(text.encode()) is None
